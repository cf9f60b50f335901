// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// An 8-bit PNG of labels, row-major.
struct IndexImage {
  Size size;
  std::vector<std::uint8_t> labels;
};

/// Reads the palette indices or gray values of a PNG. If a gray PNG is only black and white, white is label 1. Throws
/// Error(NotFound | Unreadable) that names the file, also for PNGs in color or with 16 bits.
IndexImage read_index_png(const std::string& path);

}  // namespace vcl
