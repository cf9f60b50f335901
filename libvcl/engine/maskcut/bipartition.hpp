// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

/// From an eigenvector to one object's patches (method.md 2.2.4 to 2.2.6). Grids are row-major, `width` patches wide.
namespace vcl {

using PatchMask = std::vector<std::uint8_t>;  ///< one 0 or 1 for each patch

/// Which of the eigenvector's two signs is taken: where peak and corners disagree it decides what is foreground.
enum class CutSign {
  Canonical,  ///< the side above the mean holds the largest magnitude; reproducible with every solver
  Raw,        ///< as the solver gave it
  Opposite,   ///< canonical turned round: the other answer that a solver may give
};
void choose_sign(std::vector<double>& vector, CutSign sign);

struct Bipartition {
  PatchMask above;        ///< patches above the mean, before orientation
  PatchMask foreground;   ///< the side chosen as foreground
  int corners = 0;        ///< how many of the grid's four corners are above the mean
  bool reversed = false;  ///< foreground is the side that is not above the mean
  int seed = 0;           ///< the foreground's most extreme patch; the first of those within 1e-9 of it
};

/// Foreground is the side of the largest magnitude, unless the side above the mean holds three corners or more: then
/// the other.
Bipartition bipartition(const std::vector<double>& vector, int width);

/// The 4-connected part of `patches` that holds `seed`.
PatchMask component_of(const PatchMask& patches, int width, int seed);

}  // namespace vcl
