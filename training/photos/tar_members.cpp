// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photos/tar_members.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

namespace vcl::train {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kLongestExtension = 1 << 20;  // of a pax header or a long name

struct TarHeader {
  std::array<char, kBlock> bytes;

  std::string text(std::size_t at, std::size_t length) const { return {&bytes[at], strnlen(&bytes[at], length)}; }
  std::optional<std::uint64_t> octal(std::size_t at, std::size_t length) const {
    std::uint64_t value = 0;
    bool any = false;
    for (const char c : std::string_view(&bytes[at], length)) {
      if (c == ' ' && !any) continue;
      if (c == ' ' || c == '\0') break;
      if (c < '0' || c > '7') return std::nullopt;
      value = value * 8 + static_cast<std::uint64_t>(c - '0');
      any = true;
    }
    return any ? std::optional(value) : std::nullopt;
  }
  bool is_end() const {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
  }
  bool checksum_holds() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(bytes[i]);  // the checksum field itself counts as
                                                                                // blanks
    return octal(148, 8) == sum;
  }
  char type() const { return bytes[156]; }
  bool is_file() const { return type() == '0' || type() == '\0'; }
  std::string name() const {
    const bool ustar = std::string_view(&bytes[257], 6) == std::string_view("ustar\0", 6);  // GNU's has no prefix
    const std::string prefix = ustar ? text(345, 155) : "";
    return (prefix.empty() ? "" : prefix + "/") + text(0, 100);
  }
};

/// Values from a header that precedes the member's own.
struct Extension {
  std::string name;
  std::optional<std::uint64_t> bytes;
};

/// Reads records "length key=value\n", where length counts the whole record. Returns false if they are malformed.
bool read_pax(std::string_view text, Extension& extension) {
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || length < digits + 3 || length > text.size() || text[digits] != ' ' ||
        text[length - 1] != '\n')
      return false;
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const std::size_t equals = record.find('=');
    if (equals == record.npos) return false;
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") extension.name = value;
    if (key == "size") {
      std::uint64_t size = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), size).ec != std::errc()) return false;
      extension.bytes = size;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string find_members(const std::string& path, const std::function<void(const TarMember&)>& found) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "cannot be opened";
  const auto size = static_cast<std::uint64_t>(file.tellg());
  TarHeader header;
  Extension extension;
  for (std::uint64_t at = 0; at + kBlock <= size;) {
    const auto damaged = [&](const std::string& why) {
      return "damaged tar archive at byte " + std::to_string(at) + ": " + why;
    };
    if (!file.seekg(static_cast<std::streamoff>(at)) || !file.read(header.bytes.data(), kBlock))
      return damaged("cannot be read");
    if (header.is_end()) return "";
    const auto stated = header.is_file() && extension.bytes ? extension.bytes : header.octal(124, 12);
    if (!header.checksum_holds() || !stated) return damaged("not a tar header");
    const std::uint64_t bytes = *stated;
    if (bytes > size - at - kBlock) return damaged("the archive ends inside " + header.name());
    if (header.type() == 'x' || header.type() == 'L') {
      if (bytes > kLongestExtension) return damaged("an absurdly long name");
      std::string text(bytes, '\0');
      if (!file.read(text.data(), static_cast<std::streamsize>(bytes))) return damaged("cannot be read");
      if (header.type() == 'L')
        extension.name = text.c_str();
      else if (!read_pax(text, extension))
        return damaged("not a pax header");
    } else {
      if (header.is_file()) found({extension.name.empty() ? header.name() : extension.name, at + kBlock, bytes});
      extension = {};
    }
    at += kBlock + (bytes + kBlock - 1) / kBlock * kBlock;
  }
  return "";
}

}  // namespace vcl::train
