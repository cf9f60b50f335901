// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// Returns the speed of each pixel relative to the scene, divided by the mean of the frame and limited to 0..4. It is
/// above 1 where something moves by itself and 1 everywhere if nothing does. The scene motion, caused by the camera, is
/// the affine motion that most pixels follow. It is fitted to the flow with weights that fall with the distance from it
/// (Cauchy).
Plane motion_contrast(const Flow& flow);

}  // namespace vcl
