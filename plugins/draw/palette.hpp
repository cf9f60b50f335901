// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gstvcl {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
};

/// Returns a color that is easy to distinguish from the others: neighboring indices differ by the golden angle in hue.
/// Black for 0.
Rgb palette_color(std::uint8_t index);

/// Parses colors written as RRGGBB in hexadecimal digits, with or without a leading #, separated by commas, such as
/// "e6194b,3cb44b". Blanks are ignored. Returns no colors for an empty text. Throws vcl::Error(Invalid) for any other
/// text.
std::vector<Rgb> parse_palette(std::string_view text);

}  // namespace gstvcl
