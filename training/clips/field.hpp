// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "support/random.hpp"

namespace vcl::train {

struct Vector {
  float x = 0, y = 0;
};

/// Random vectors at the corners of a grid over the unit square, smooth between them; 0 everywhere when not drawn.
class Field {
 public:
  Field() = default;
  /// Normal entries of this deviation; `cells` along each side.
  static Field draw(double deviation, int cells, Random& random);

  /// (u, v) in the unit square; outside it the border goes on.
  Vector at(float u, float v) const;
  /// Of a vector's entries, the largest.
  float most() const;

 private:
  int cells_ = 0;
  std::vector<Vector> corners_;  // [cells + 1, cells + 1]
};

}  // namespace vcl::train
