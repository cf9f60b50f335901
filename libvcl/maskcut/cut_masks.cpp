// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>

#include "vcl/error.hpp"
#include "vcl/maskcut.hpp"

namespace vcl {
namespace {

/// Returns the patch of each pixel along one axis, in single precision, rounded like torch.
std::vector<int> nearest(int patches, int pixels) {
  const float scale = float(patches) / float(pixels);
  std::vector<int> source(pixels);
  for (int i = 0; i < pixels; ++i) source[i] = std::min(int(float(i) * scale), patches - 1);
  return source;
}

Mask spread(const PatchMask& patches, int grid_width, const std::vector<int>& columns, const std::vector<int>& rows) {
  Mask mask(int(columns.size()), int(rows.size()));
  auto pixel = mask.pixels.begin();
  for (const int row : rows)
    for (const int column : columns) *pixel++ = patches[std::size_t(row) * grid_width + column];
  return mask;
}

}  // namespace

std::vector<Mask> cut_masks(const std::vector<CutStep>& steps, Size grid, Size size) {
  if (grid.width < 1 || grid.height < 1 || size.width < 1 || size.height < 1 ||
      std::int64_t(size.width) * size.height > kMaxMaskPixels)
    throw Error(ErrorKind::Invalid, "masks of cuts need a grid and a size that are neither empty nor absurd");
  const std::vector<int> columns = nearest(grid.width, size.width), rows = nearest(grid.height, size.height);
  std::vector<Mask> masks;
  for (const CutStep& step : steps) {
    if (step.output.size() != std::size_t(grid.width) * grid.height)
      throw Error(ErrorKind::Invalid, "the cuts are of another grid than their features");
    masks.push_back(spread(step.output, grid.width, columns, rows));
  }
  return masks;
}

}  // namespace vcl
