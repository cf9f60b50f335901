// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace gstvcl {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
};

/// Colors that stay apart: neighboring indices lie a golden angle of hue from each other. Black for 0.
Rgb palette_color(std::uint8_t index);

}  // namespace gstvcl
