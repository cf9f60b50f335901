// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/maskcut.hpp"

/// The steps from an eigenvector to the patches of one object (method.md 2.2.4 to 2.2.6). Grids are row-major, `width`
/// patches wide.
namespace vcl {

void choose_sign(std::vector<double>& vector, CutSign sign);

/// Splits the patches at the mean of the vector. The foreground is the side with the largest magnitude. If the side
/// above the mean holds three or more corners, the foreground is the other side.
Bipartition bipartition(const std::vector<double>& vector, int width);

/// Returns the 4-connected part of `patches` that contains `seed`.
PatchMask component_of(const PatchMask& patches, int width, int seed);

}  // namespace vcl
