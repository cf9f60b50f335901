// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace gstvcl {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
};

/// 1..255 for a track, the same for as long as it lasts; 0 is background.
std::uint8_t palette_index(std::uint64_t track_id);

/// Colours that stay apart: neighbouring indices lie a golden angle of hue from each other. Black for 0.
Rgb palette_color(std::uint8_t index);

}  // namespace gstvcl
