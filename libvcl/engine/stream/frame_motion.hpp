// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "libvcl/engine/motion/plane.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// Measures where things move by themselves in the frames of a stream. Each frame is compared with the previous one.
class FrameMotion {
 public:
  /// Returns motion_contrast() averaged to mask cells inside the frame: float32 [rows, columns] on the CPU; 1 for the
  /// first frame. `canvas`: [1, 3, H, W], RGB, 0 to 255.
  at::Tensor next(const at::Tensor& canvas, const Letterbox& letterbox, Size cells);
  void clear() { before_ = {}; }

 private:
  Plane before_;  ///< lightness of the previous frame
};

}  // namespace vcl
