// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "libvcl/engine/motion/plane.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// Where things move for themselves in the frames of a stream, each compared with the one before.
class FrameMotion {
 public:
  /// motion_contrast() in these mask cells, where the frame lies: float32 [rows, columns] on the CPU; 1 in the first
  /// frame. `canvas`: [1, 3, H, W], RGB, 0 to 255.
  at::Tensor next(const at::Tensor& canvas, const Letterbox& letterbox, Size cells);
  void clear() { before_ = {}; }

 private:
  Plane before_;  ///< lightness of the frame before
};

}  // namespace vcl
