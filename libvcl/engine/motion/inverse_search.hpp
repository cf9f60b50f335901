// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// Returns the displacement of each pixel of `from` in `to`, a picture of the same size; values are 0 to 255. The
/// method is dense inverse search (Kroeger et al. 2016) without its variational step. Patches of 8x8 pixels, 4 apart,
/// search on each level of a pyramid down to single pixels. The flow of a pixel is the mean over the patches that cover
/// it, weighted by how well each patch matches there. Finds displacements of up to an eighth of the longer side.
/// Returns zero flow if a side is below 8 pixels.
Flow inverse_search(const Plane& from, const Plane& to);

}  // namespace vcl
