// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>

#include "vcl/feature_colors.hpp"

namespace vcl {

std::vector<std::uint8_t> heat_colors(std::span<const float> values) {
  std::vector<std::uint8_t> colors;
  colors.reserve(3 * values.size());
  for (const float value : values) {
    const float hot = std::clamp(value, 0.0f, 1.0f), cold = std::clamp(-value, 0.0f, 1.0f);
    for (const float channel : {hot, hot * hot, cold}) colors.push_back(std::uint8_t(std::lround(255 * channel)));
  }
  return colors;
}

}  // namespace vcl
