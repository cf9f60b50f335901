// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/field.hpp"

#include <algorithm>
#include <cmath>

namespace vcl::train {
namespace {

/// A position along one side: the cell and the smoothed share within it. The slope is 0 at both ends, so that cells
/// join smoothly.
struct Place {
  int cell;
  float share;
};

Place place_of(float at, int cells) {
  const float x = std::clamp(at, 0.0F, 1.0F) * float(cells);
  const int cell = std::min(int(x), cells - 1);
  const float share = x - float(cell);
  return {cell, share * share * (3 - 2 * share)};
}

float mix(float a, float b, float share) {
  return a + share * (b - a);
}

}  // namespace

Field Field::draw(double deviation, int cells, Random& random) {
  Field field;
  field.cells_ = cells;
  for (int i = 0; i < (cells + 1) * (cells + 1); ++i)
    field.corners_.push_back({float(random.normal(deviation)), float(random.normal(deviation))});
  return field;
}

Vector Field::at(float u, float v) const {
  if (corners_.empty()) return {};
  const Place column = place_of(u, cells_), row = place_of(v, cells_);
  const Vector* upper = &corners_[std::size_t(row.cell * (cells_ + 1) + column.cell)];
  const Vector* lower = upper + cells_ + 1;
  return {mix(mix(upper[0].x, upper[1].x, column.share), mix(lower[0].x, lower[1].x, column.share), row.share),
          mix(mix(upper[0].y, upper[1].y, column.share), mix(lower[0].y, lower[1].y, column.share), row.share)};
}

float Field::most() const {
  float most = 0;
  for (const Vector& corner : corners_) most = std::max({most, std::abs(corner.x), std::abs(corner.y)});
  return most;
}

}  // namespace vcl::train
