// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/optical_flow.hpp"

namespace vcl {

/// Where each pixel of `from` has gone in `to`, a picture of the same size with values of 0 to 255: dense inverse
/// search (Kroeger et al. 2016, without its variational step). Patches of 8x8 pixels, 4 apart, search on each level of
/// a pyramid down to single pixels; a pixel's flow is the mean of the patches that cover it, weighted by how well each
/// explains it. Finds displacements of up to an eighth of the longer side. Pictures with a side below 8 pixels have no
/// flow: all zero.
Flow inverse_search(const Plane& from, const Plane& to);

}  // namespace vcl
