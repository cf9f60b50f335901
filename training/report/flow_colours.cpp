// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/flow_colours.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vcl::train {

std::array<std::uint8_t, 3> flow_colour(float x, float y) {
  const double hue = std::atan2(y, x) / std::numbers::pi * 3, bright = std::min(1.0, double(std::hypot(x, y)));
  std::array<std::uint8_t, 3> rgb;
  for (int c = 0; c < 3; ++c) {
    const double off = std::abs(std::remainder(hue - 2 * c, 6.0));  // distance from the channel's own hue, in sixths of
                                                                    // the color wheel
    rgb[std::size_t(c)] = std::uint8_t(std::lround(255 * bright * std::clamp(2 - off, 0.0, 1.0)));
  }
  return rgb;
}

}  // namespace vcl::train
