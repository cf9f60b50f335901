// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vcl {

/// Returns the orientation of a picture, 1 to 8, from untrusted EXIF data (for PNG the chunk eXIf, starting with "MM"
/// or "II"). Returns 1 (upright) if the data has no valid orientation.
inline int exif_orientation(std::string_view exif) {
  constexpr std::size_t kEntry = 12;
  constexpr std::uint64_t kOrientation = 0x112, kShort = 3;
  const bool is_big_endian = exif.starts_with("MM");
  if (!is_big_endian && !exif.starts_with("II")) return 1;
  const auto number = [&](std::size_t at, std::size_t bytes) -> std::uint64_t {
    if (at > exif.size() || bytes > exif.size() - at) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = value << 8 | static_cast<unsigned char>(exif[at + (is_big_endian ? i : bytes - 1 - i)]);
    return value;
  };
  const std::size_t list = number(4, 4), count = number(list, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = list + 2 + i * kEntry;
    if (number(entry, 2) != kOrientation || number(entry + 2, 2) != kShort) continue;
    const std::uint64_t value = number(entry + 8, 2);
    return value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

}  // namespace vcl
