// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/draw/palette.hpp"

#include <algorithm>
#include <cmath>

namespace gstvcl {

Rgb palette_color(std::uint8_t index) {
  if (index == 0) return {};
  constexpr double kGoldenRatio = 0.6180339887498949;
  const double hue = std::fmod(index * kGoldenRatio, 1.0) * 6;
  // Every 13th hue comes back near to where it was, so brightness and saturation change with a period of 3.
  const double saturation = index % 3 == 2 ? 0.55 : 0.9, value = index % 3 == 0 ? 0.7 : 1.0;
  const auto channel = [&](double offset) {
    const double distance = std::fmod(hue + offset, 6.0);
    const double strength = std::clamp(std::min(distance, 4 - distance), 0.0, 1.0);
    return std::uint8_t(std::lround(255 * value * (1 - saturation * strength)));
  };
  return {channel(5), channel(3), channel(1)};
}

}  // namespace gstvcl
