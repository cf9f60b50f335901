// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "libvcl/crf/permutohedral_lattice.hpp"
#include "vcl/geometry.hpp"

/// The lattices of the CRF's two kernels (method.md 2.4). They depend only on the image.
namespace vcl {

/// The authors' guard against division by zero in the normalization.
inline constexpr float kLeastSum = 1e-20f;

/// Returns the largest features of each kernel.
inline std::array<float, 2> position_range(Size size, float deviation) {
  return {float(size.width - 1) / deviation, float(size.height - 1) / deviation};
}
inline std::array<float, 5> appearance_range(Size size, float deviation, float color_deviation) {
  const float bright = 255.0f / color_deviation;
  return {float(size.width - 1) / deviation, float(size.height - 1) / deviation, bright, bright, bright};
}

/// Builds a lattice with the features (x, y) / deviation, pixel coordinates from 0.
PermutohedralLattice<2> position_lattice(Size size, float deviation, ThreadTeam& team);

/// Builds a lattice with the features (x, y) / deviation and (r, g, b) / color_deviation. `rgb`: 3 * width * height
/// bytes.
PermutohedralLattice<5> appearance_lattice(const std::uint8_t* rgb, Size size, float deviation, float color_deviation,
                                           ThreadTeam& team);

/// Scales the lattice so that it filters with s K s, s = 1 / sqrt(K 1): symmetric normalization. Call it only once.
template <int D>
void normalise(PermutohedralLattice<D>& lattice, ThreadTeam& team);

extern template void normalise<2>(PermutohedralLattice<2>&, ThreadTeam&);
extern template void normalise<5>(PermutohedralLattice<5>&, ThreadTeam&);

}  // namespace vcl
