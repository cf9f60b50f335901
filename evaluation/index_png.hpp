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

/// The palette indices of a PNG as they are, or the values of a gray one; a gray one of just black and white has label
/// 1 where it is white. Throws Error(NotFound | Unreadable) naming the file: also a PNG in colours.
IndexImage read_index_png(const std::string& path);

}  // namespace vcl
