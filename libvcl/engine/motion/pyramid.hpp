// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/motion/plane.hpp"

namespace vcl {

/// Returns a plane whose pixels are `value(x, y)`.
template <typename Value>
Plane filled(int width, int height, Value value) {
  Plane plane(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) plane.at(x, y) = value(x, y);
  return plane;
}

/// Returns the means of 2x2 pixels. An odd last row or column is dropped.
inline Plane halved(const Plane& in) {
  return filled(in.width / 2, in.height / 2, [&](int x, int y) {
    return (in.at(2 * x, 2 * y) + in.at(2 * x + 1, 2 * y) + in.at(2 * x, 2 * y + 1) + in.at(2 * x + 1, 2 * y + 1)) / 4;
  });
}

/// Returns the picture and its successive halves, finest first.
inline std::vector<Plane> pyramid(const Plane& finest, int levels) {
  std::vector<Plane> planes{finest};
  while (int(planes.size()) < levels) planes.push_back(halved(planes.back()));
  return planes;
}

/// Scales the displacements of a level to the next finer one, which has the size of `like`.
inline Plane doubled(const Plane& in, const Plane& like) {
  return filled(like.width, like.height,
                [&](int x, int y) { return 2 * in.between(float(x) / 2 - 0.25f, float(y) / 2 - 0.25f); });
}

}  // namespace vcl
