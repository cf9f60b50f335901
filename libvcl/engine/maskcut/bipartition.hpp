// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/maskcut.hpp"

/// From an eigenvector to one object's patches (method.md 2.2.4 to 2.2.6). Grids are row-major, `width` patches wide.
namespace vcl {

void choose_sign(std::vector<double>& vector, CutSign sign);

/// Foreground is the side of the largest magnitude, unless the side above the mean holds three corners or more: then
/// the other.
Bipartition bipartition(const std::vector<double>& vector, int width);

/// The 4-connected part of `patches` that holds `seed`.
PatchMask component_of(const PatchMask& patches, int width, int seed);

}  // namespace vcl
