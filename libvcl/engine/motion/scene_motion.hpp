// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// The affine motion of a scene in front of a moving camera, in pixels. At (x, y), 0 to 1 across the picture:
/// [0] + [1] * (x - 0.5) + [2] * (y - 0.5).
struct SceneMotion {
  std::array<double, 3> x{}, y{};

  /// Returns the motion of a pixel minus the motion of the scene: {x, y}.
  std::array<double, 2> residual(const Flow& flow, int column, int row) const;
};

/// Fits the affine motion that most pixels follow to every `apart`-th pixel in both directions, with weights that fall
/// with the distance from it (Cauchy).
SceneMotion fit_scene(const Flow& flow, int apart);

}  // namespace vcl
