// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// The motion of the mask cells of a frame since the previous frame.
struct CellMotion {
  at::Tensor back;   ///< [h, w, 2]: offset of each cell's previous position, x, y in cells; undefined if unknown
  at::Tensor trust;  ///< [h, w]: 1 where the previous frame explains the cell, falling to 0 where it does not
};

/// Returns the motion in mask cells of this stride, from the motion_planes() of a frame to the previous frame, float32
/// [kMotionPlanes, canvas height, canvas width] on the CPU.
CellMotion cell_motion(const at::Tensor& planes, int stride);

/// Moves the mask logits [K, h, w] of the previous frame along the motion to where the masks are now. They fade where
/// the motion explains little.
at::Tensor carry(const at::Tensor& logits, const CellMotion& motion);

}  // namespace vcl
