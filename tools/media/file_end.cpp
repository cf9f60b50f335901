// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/file_end.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

namespace vcl {
namespace {

constexpr std::uint64_t kNotKnown32 = 0xFFFFFFFF;

template <std::size_t N>
bool is_one_of(std::string_view type, const std::array<std::string_view, N>& types) {
  return std::ranges::find(types, type) != types.end();
}

FileEnd end_of_iso_media(const FileBytes& file) {
  static constexpr std::array<std::string_view, 23> kBoxes = {
      "ftyp", "moov", "mdat", "moof", "mfra", "free", "skip", "wide", "uuid", "meta", "meco", "sidx",
      "ssix", "styp", "prft", "emsg", "pdin", "udta", "pnot", "PICT", "junk", "imda", "bloc"};
  bool has_index = false, has_media = false, has_fragments = false;
  const auto whole = [&] { return has_index && has_media && !has_fragments ? FileEnd::Whole : FileEnd::Unknown; };
  std::uint64_t at = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 16);
    const std::string_view type = std::string_view(header).substr(4, 4);
    const bool is_known = is_one_of(type, kBoxes);
    if (i == 0 && !is_known) return FileEnd::Unknown;
    std::uint64_t size = big_endian(std::string_view(header).substr(0, 4));
    if (size == 1) size = big_endian(std::string_view(header).substr(8, 8));
    if (size == 0) return FileEnd::Unknown;  // up to the end of the file, wherever that is
    if (size < 8 || !file.holds(at, size)) {
      if (whole() == FileEnd::Whole && !is_known) return FileEnd::Whole;  // something else is appended
      return is_known || !file.holds(at, 8) ? FileEnd::Cut : FileEnd::Unknown;
    }
    has_index = has_index || type == "moov";
    has_media = has_media || type == "mdat";
    has_fragments = (has_fragments || type == "moof") && type != "mfra";
    at += size;
  }
  return whole();
}

/// Chunks of a RIFF file whose writer never came to state its size.
FileEnd end_of_live_riff(const FileBytes& file, std::uint64_t at) {
  const auto is_chunk = [](std::string_view type) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return type == "LIST" || type == "JUNK" || type == "idx1" || (is_digit(type[0]) && is_digit(type[1]));
  };
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 8);
    if (!is_chunk(std::string_view(header).substr(0, 4))) return FileEnd::Unknown;
    const std::uint64_t size = little_endian(std::string_view(header).substr(4, 4));
    const bool is_open_list = header.starts_with("LIST") && (size == 0 || size == kNotKnown32);
    if (!is_open_list && !file.holds(at, 8 + size)) return FileEnd::Cut;
    at += is_open_list ? 12 : 8 + size + size % 2;
  }
  return FileEnd::Unknown;
}

FileEnd end_of_riff(const FileBytes& file) {
  std::uint64_t at = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 8);
    if (!header.starts_with("RIFF")) return FileEnd::Whole;  // something else is appended
    const std::uint64_t size = little_endian(std::string_view(header).substr(4, 4));
    if (size == 0 || size == kNotKnown32) return end_of_live_riff(file, at + 12);
    if (!file.holds(at, 8 + size)) return FileEnd::Cut;
    at += 8 + size + size % 2;
  }
  return at < file.size() ? FileEnd::Unknown : FileEnd::Whole;
}

/// The size of the whole file by the tag onMetaData: a number of AMF, that is a double behind its name. 0: none.
std::uint64_t announced_by_flash(const FileBytes& file, std::uint64_t at, std::uint64_t size) {
  constexpr std::string_view kName(
      "\0\x08"
      "filesize\0",
      11);
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const std::string tag = file.text(at, std::size_t(std::min(size, kMostBytes)));
  const std::size_t found = tag.find(kName);
  if (found == std::string::npos || tag.size() - found < kName.size() + 8) return 0;
  const double value = std::bit_cast<double>(big_endian(std::string_view(tag).substr(found + kName.size(), 8)));
  return value >= 1 && value < std::ldexp(1.0, 62) ? std::uint64_t(value) : 0;
}

FileEnd end_of_flash(const FileBytes& file) {
  constexpr int kSound = 8, kVideo = 9, kScript = 18;
  std::uint64_t at = big_endian(file.text(5, 4)) + 4, announced = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 11);
    const int type = static_cast<unsigned char>(header[0]);
    const std::uint64_t size = big_endian(std::string_view(header).substr(1, 3));
    if (type != kSound && type != kVideo && type != kScript) break;
    if (!file.holds(at, 11 + size)) return FileEnd::Cut;
    if (type == kScript && announced == 0) announced = announced_by_flash(file, at + 11, size);
    if (announced > file.size()) return FileEnd::Cut;
    at += 11 + size + 4;
  }
  return announced > 0 ? FileEnd::Whole : FileEnd::Unknown;
}

FileEnd end_of_asf(const FileBytes& file) {
  constexpr std::string_view kData("\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C", 16);
  bool has_data = false;
  std::uint64_t at = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 24);
    const std::uint64_t size = little_endian(std::string_view(header).substr(16, 8));
    if (size < 24) break;
    if (!file.holds(at, size)) return has_data ? FileEnd::Whole : FileEnd::Cut;  // what follows may be anything
    has_data = has_data || header.starts_with(kData);
    at += size;
  }
  return has_data ? FileEnd::Whole : FileEnd::Unknown;
}

FileEnd end_of_ogg(const FileBytes& file) {
  int open = 0;  // streams
  std::uint64_t at = 0;
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::string header = file.text(at, 27 + 255);
    if (!header.starts_with("OggS")) return FileEnd::Unknown;
    const int flags = header[5], parts = static_cast<unsigned char>(header[26]);
    std::uint64_t size = 27 + parts;
    for (int part = 0; part < parts; ++part) size += static_cast<unsigned char>(header[27 + part]);
    if (!file.holds(at, size)) return FileEnd::Cut;
    open += ((flags & 2) != 0) - ((flags & 4) != 0);
    at += size;
  }
  return at >= file.size() && open <= 0 ? FileEnd::Whole : FileEnd::Unknown;
}

FileEnd end_of_ivf(const FileBytes& file) {
  std::uint64_t at = little_endian(file.text(6, 2));
  for (int i = 0; i < kMostHeaders && at < file.size(); ++i) {
    const std::uint64_t size = little_endian(file.text(at, 4));
    if (!file.holds(at, 12 + size)) return FileEnd::Cut;
    at += 12 + size;
  }
  return FileEnd::Unknown;
}

std::uint64_t size_of_color_table(char flags) {
  return (flags & 0x80) ? 3ull << ((flags & 7) + 1) : 0;
}

/// Behind the sub-blocks that begin here; none: the file ends before.
std::optional<std::uint64_t> skip_sub_blocks(const FileBytes& file, std::uint64_t at, int& headers) {
  while (headers++ < kMostHeaders && file.holds(at, 1)) {
    const std::uint64_t size = big_endian(file.text(at, 1));
    at += 1 + size;
    if (size == 0) return at;
  }
  return {};
}

FileEnd end_of_gif(const FileBytes& file) {
  std::uint64_t at = 13 + size_of_color_table(file.text(10, 1)[0]);
  for (int headers = 0; headers < kMostHeaders && file.holds(at, 1); ++headers) {
    const std::string block = file.text(at, 10);
    if (block[0] == ';') return FileEnd::Whole;
    if (block[0] == ',')
      at += 10 + size_of_color_table(block[9]) + 1;
    else if (block[0] == '!')
      at += 2;
    else
      return FileEnd::Unknown;
    const auto next = skip_sub_blocks(file, at, headers);
    if (!next) return headers < kMostHeaders ? FileEnd::Cut : FileEnd::Unknown;
    at = *next;
  }
  return FileEnd::Unknown;
}

/// Packets of 188 bytes, or of 192 with a time in front, or of 204 with a checksum behind.
FileEnd end_of_transport_stream(const FileBytes& file) {
  constexpr std::array<std::array<std::uint64_t, 2>, 3> kLayouts = {{{188, 0}, {192, 4}, {204, 0}}};
  constexpr int kEnough = 5;
  for (const auto& [size, sync] : kLayouts) {
    bool fits = file.holds(0, kEnough * size);
    for (int i = 0; i < kEnough; ++i) fits = fits && file.text(i * size + sync, 1) == "G";
    if (!fits) continue;
    const std::uint64_t rest = file.size() % size;
    return rest > sync && file.text(file.size() - rest + sync, 1) == "G" ? FileEnd::Torn : FileEnd::Unknown;
  }
  return FileEnd::Unknown;
}

}  // namespace

FileEnd find_file_end(const std::string& path) {
  const FileBytes file(path);
  const std::string start = file.text(0, 16);
  if (start.starts_with("\x1A\x45\xDF\xA3")) return find_matroska_end(file);
  if (start.starts_with("RIFF") && start.substr(8, 4) == "AVI ") return end_of_riff(file);
  if (start.starts_with("FLV")) return end_of_flash(file);
  if (start.starts_with("\x30\x26\xB2\x75\x8E\x66\xCF\x11")) return end_of_asf(file);
  if (start.starts_with("OggS")) return end_of_ogg(file);
  if (start.starts_with("DKIF")) return end_of_ivf(file);
  if (start.starts_with("GIF8")) return end_of_gif(file);
  const FileEnd end = end_of_iso_media(file);
  return end == FileEnd::Unknown ? end_of_transport_stream(file) : end;
}

}  // namespace vcl
