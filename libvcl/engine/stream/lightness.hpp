// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "libvcl/engine/motion/plane.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// Returns the lightness of the picture on a canvas [1, 3, H, W], RGB, 0 to 255, on the CPU: its upper left part of the
/// size `content`.
Plane lightness(const at::Tensor& canvas, Size content);

}  // namespace vcl
