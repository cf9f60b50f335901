// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gstvcl {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
};

/// Colors that stay apart: neighboring indices lie a golden angle of hue from each other. Black for 0.
Rgb palette_color(std::uint8_t index);

/// Colors as RRGGBB in hexadecimal digits, with or without # in front, with commas between, such as "e6194b,3cb44b";
/// blanks are passed over. None for an empty text. Throws vcl::Error(Invalid) on any other text.
std::vector<Rgb> parse_palette(std::string_view text);

}  // namespace gstvcl
