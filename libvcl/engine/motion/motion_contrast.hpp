// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// How fast each pixel moves against the scene, relative to the mean of the frame, 0 to 4: above 1 where something
/// moves for itself, 1 everywhere when nothing does. The scene's motion, by the camera's, is the affine one that most
/// pixels follow: fitted to the flow with weights that fall with the distance from it (Cauchy's).
Plane motion_contrast(const Flow& flow);

}  // namespace vcl
