// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "vcl/mask.hpp"

/// Inputs of the CRF benchmarks.
namespace vcl {

inline constexpr int kSide = 480;
inline constexpr int kPatch = 8;

/// Returns a photo with shapes and color gradients under noise.
inline std::vector<std::uint8_t> made_up_photo() {
  std::mt19937 random(1);
  std::vector<std::uint8_t> rgb;
  std::normal_distribution<double> noise(0, 4);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double disc = std::hypot(x - 200, y - 240) < 130 ? 80 : 0, square = x > 300 && y > 320 ? 60 : 0;
      const double texture = 15 * std::sin(x * 0.21) * std::cos(y * 0.17);
      for (const double tone : {60 + 0.15 * x + disc, 80 + 0.1 * y + square, 100 - 0.1 * x + 0.5 * disc})
        rgb.push_back(std::uint8_t(std::clamp(tone + texture + noise(random), 0.0, 255.0)));
    }
  }
  return rgb;
}

/// Returns unions of square patches that do not follow the true outlines of the objects.
inline std::vector<Mask> coarse_masks(int count) {
  std::vector<Mask> masks;
  for (int m = 0; m < count; ++m) {
    masks.emplace_back(kSide, kSide);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        masks.back().at(x, y) = std::hypot(x / kPatch * kPatch - 150 - 60 * m, y / kPatch * kPatch - 240) < 90 + 20 * m;
  }
  return masks;
}

}  // namespace vcl
