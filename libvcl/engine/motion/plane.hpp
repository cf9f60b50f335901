// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <vector>

namespace vcl {

/// One value per pixel, row by row.
struct Plane {
  Plane() = default;
  Plane(int columns, int rows) : width(columns), height(rows), values(std::size_t(columns) * rows) {}

  float& at(int x, int y) { return values[std::size_t(y) * width + x]; }
  float at(int x, int y) const { return values[std::size_t(y) * width + x]; }
  /// Returns the value of the nearest pixel inside the plane.
  float nearest(int x, int y) const { return at(std::clamp(x, 0, width - 1), std::clamp(y, 0, height - 1)); }
  /// Interpolates bilinearly between the four surrounding pixels. Outside of the plane the border values continue.
  float between(float x, float y) const {
    x = std::clamp(x, 0.0f, float(width - 1)), y = std::clamp(y, 0.0f, float(height - 1));
    const int left = std::min(int(x), std::max(0, width - 2)), top = std::min(int(y), std::max(0, height - 2));
    const float to_right = x - float(left), down = y - float(top);
    const auto row = [&](int r) {
      const float value = at(left, r);
      return value + to_right * (nearest(left + 1, r) - value);
    };
    const float upper = row(top);
    return upper + down * (row(std::min(top + 1, height - 1)) - upper);
  }

  int width = 0, height = 0;
  std::vector<float> values;
};

}  // namespace vcl
