// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "support/random.hpp"

namespace vcl::train {

struct Vector {
  float x = 0, y = 0;
};

/// A random vector field: vectors at the corners of a grid over the unit square, interpolated smoothly. It is 0
/// everywhere unless it was drawn.
class Field {
 public:
  Field() = default;
  /// Draws normal entries with this standard deviation. The grid has `cells` cells along each side.
  static Field draw(double deviation, int cells, Random& random);

  /// Returns the vector at (u, v) in the unit square. Points outside get the value at the border.
  Vector at(float u, float v) const;
  /// Returns the largest absolute entry of a vector.
  float most() const;

 private:
  int cells_ = 0;
  std::vector<Vector> corners_;  // [cells + 1, cells + 1]
};

}  // namespace vcl::train
