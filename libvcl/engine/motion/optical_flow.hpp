// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/plane.hpp"

namespace vcl {

/// Displacements of pixels, in pixels.
struct Flow {
  Plane x, y;
};

/// Where each pixel of `from` has gone in `to`, a picture of the same size with values of 0 to 255: dense pyramidal
/// Lucas-Kanade (Lucas and Kanade 1981, Bouguet 2000) with smoothed steps. Displacements up to a sixteenth of the
/// shorter side are found where the texture is coarser than twice as much; where nothing is to be seen the flow is that
/// of the surroundings.
Flow optical_flow(const Plane& from, const Plane& to);

}  // namespace vcl
