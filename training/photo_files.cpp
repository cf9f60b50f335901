// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/photo_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTarBlock = 512;
constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;  // encoded; keeps memory bounded

bool is_photo_name(std::string_view name) {
  static const std::set<std::string> endings{".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"};
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return endings.contains(ending);
}

/// "<folder>/<file>" also for a photo that lies directly in the folder that was named.
std::string name_in_folder(const fs::path& folder, const fs::path& file) {
  const fs::path relative = file.lexically_relative(folder);
  if (relative.has_parent_path()) return relative.generic_string();
  return (fs::absolute(folder / "x").lexically_normal().parent_path().filename() / relative).generic_string();
}

void find_in_folder(const fs::path& folder, PhotoFiles& out) {
  std::vector<fs::path> files;
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (std::error_code ignored; entry->is_regular_file(ignored) && is_photo_name(entry->path().string()))
      files.push_back(entry->path());
  }
  if (failure) out.skipped.push_back({folder.string(), failure.message()});
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::error_code ignored;
    out.found.push_back({name_in_folder(folder, file), file.string(), 0, fs::file_size(file, ignored)});
  }
}

struct TarHeader {
  std::array<char, kTarBlock> bytes;

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
    for (std::size_t i = 0; i < kTarBlock; ++i)
      sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(bytes[i]);  // its own field counts as blanks
    return octal(148, 8) == sum;
  }
  bool is_file() const { return bytes[156] == '0' || bytes[156] == '\0'; }
  std::string name() const {
    const bool ustar = text(257, 5) == "ustar";
    const std::string prefix = ustar ? text(345, 155) : "";
    return (prefix.empty() ? "" : prefix + "/") + text(0, 100);
  }
};

void find_in_tar(const std::string& path, PhotoFiles& out) {
  std::ifstream file(path, std::ios::binary);
  const std::uint64_t size = fs::file_size(path);
  TarHeader header;
  for (std::uint64_t at = 0; at + kTarBlock <= size;) {
    const auto damaged = [&](const std::string& why) {
      out.skipped.push_back({path, "damaged tar archive at byte " + std::to_string(at) + ": " + why});
    };
    if (!file.seekg(static_cast<std::streamoff>(at)) || !file.read(header.bytes.data(), kTarBlock))
      return damaged("cannot be read");
    if (header.is_end()) return;
    const auto bytes = header.octal(124, 12);
    if (!header.checksum_holds() || !bytes) return damaged("not a tar header");
    if (*bytes > size - at - kTarBlock) return damaged("the archive ends inside " + header.name());
    if (header.is_file() && is_photo_name(header.name()))
      out.found.push_back(
          {fs::path(header.name()).lexically_normal().relative_path().generic_string(), path, at + kTarBlock, *bytes});
    at += kTarBlock + (*bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
  }
}

void drop_repeated_names(PhotoFiles& photos) {
  std::set<std::string> seen;
  std::erase_if(photos.found, [&](const PhotoFile& photo) {
    if (seen.insert(photo.name).second) return false;
    photos.skipped.push_back({photo.path, "a photo named " + photo.name + " was met before"});
    return true;
  });
}

}  // namespace

PhotoFiles find_photos(const std::vector<std::string>& inputs) {
  PhotoFiles photos;
  for (const std::string& input : inputs) {
    const fs::file_status status = fs::status(input);
    if (!fs::exists(status)) throw Error(ErrorKind::NotFound, input + ": no such file or folder");
    if (fs::is_directory(status)) {
      find_in_folder(input, photos);
    } else if (fs::path(input).extension() == ".tar") {
      find_in_tar(input, photos);
    } else {
      const fs::path file = fs::absolute(input);
      photos.found.push_back({name_in_folder(file.parent_path(), file), input, 0, fs::file_size(input)});
    }
  }
  drop_repeated_names(photos);
  return photos;
}

std::vector<unsigned char> read_photo(const PhotoFile& photo) {
  if (photo.bytes == 0) throw Error(ErrorKind::Unreadable, "empty file");
  if (photo.bytes > kLargestFile) throw Error(ErrorKind::Unreadable, "larger than 256 MiB");
  std::vector<unsigned char> bytes(photo.bytes);
  std::ifstream file(photo.path, std::ios::binary);
  if (!file.seekg(static_cast<std::streamoff>(photo.offset)) ||
      !file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    throw Error(ErrorKind::Unreadable, "cannot be read");
  return bytes;
}

}  // namespace vcl::train
