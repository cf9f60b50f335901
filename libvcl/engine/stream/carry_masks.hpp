// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// How the mask cells of a frame have moved since the frame before.
struct CellMotion {
  at::Tensor back;   ///< [h, w, 2]: from each cell to where it was, x and y in cells; undefined where nothing is known
  at::Tensor trust;  ///< [h, w]: 1 where the frame before explains the cell, towards 0 where it does not
};

/// Of a frame's motion_planes() to the frame before, float32 [kMotionPlanes, canvas height, canvas width] on the CPU,
/// in mask cells of this stride.
CellMotion cell_motion(const at::Tensor& planes, int stride);

/// Mask logits [K, h, w] of the frame before, fetched along the motion: where the masks are now. They fade where the
/// motion explains little.
at::Tensor carry(const at::Tensor& logits, const CellMotion& motion);

}  // namespace vcl
