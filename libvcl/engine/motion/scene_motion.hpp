// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// The motion of a scene before a moving camera. At (x, y), 0 to 1 from side to side, in pixels:
/// [0] + [1] * (x - 0.5) + [2] * (y - 0.5).
struct SceneMotion {
  std::array<double, 3> x{}, y{};

  /// What a pixel moves beyond the scene: {x, y}.
  std::array<double, 2> residual(const Flow& flow, int column, int row) const;
};

/// The affine motion that most pixels follow, fitted to every `apart`-th pixel in both directions with weights that
/// fall with the distance from it (Cauchy's).
SceneMotion fit_scene(const Flow& flow, int apart);

}  // namespace vcl
