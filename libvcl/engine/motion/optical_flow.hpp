// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/plane.hpp"

namespace vcl {

/// Displacements of pixels, in pixels.
struct Flow {
  Plane x, y;
};

/// Returns the displacement of each pixel of `from` in `to`, a picture of the same size; values are 0 to 255. The
/// method is dense pyramidal Lucas-Kanade (Lucas and Kanade 1981, Bouguet 2000) with smoothed steps. Displacements up
/// to a sixteenth of the shorter side are found if the texture is coarser than twice the displacement. Pixels without
/// texture take the flow of their surroundings.
Flow optical_flow(const Plane& from, const Plane& to);

}  // namespace vcl
