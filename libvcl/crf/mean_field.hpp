// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "libvcl/crf/crf_lattices.hpp"
#include "libvcl/crf/lanes.hpp"

/// Mean field of a dense CRF with two labels and Potts weights (method.md 2.4).
///
/// Both labels need only one channel. Let Q be the probabilities of foreground and background, which sum to 1, and z =
/// Q_fg - Q_bg, so that Q_fg = (1 + z) / 2. A step is Q' = softmax(-U + sum_k w_k K_k Q). The softmax of two logits
/// depends only on their difference: z' = tanh(difference / 2). Filtering is linear, so the difference is
///     (U_bg - U_fg) + sum_k w_k (K_k Q_fg - K_k Q_bg)  =  (U_bg - U_fg) + sum_k w_k K_k z,
/// and only z is filtered. This is exact except for rounding (1e-6 of a probability), and odd in z, so swapped labels
/// give the exact complement.
namespace vcl {

struct CrfKernels {
  PermutohedralLattice<2> position;  ///< both normalized
  PermutohedralLattice<5> appearance;
  float position_weight, appearance_weight;
};

/// `bias`: U_bg - U_fg of each pixel, one lane per mask. Returns z after `steps` steps; 0 steps give tanh(bias / 2).
/// The result depends neither on the number of threads nor on the other lanes.
template <int kLanes>
std::vector<Lanes<kLanes>> mean_field(const CrfKernels& kernels, const std::vector<Lanes<kLanes>>& bias, int steps,
                                      ThreadTeam& team);

extern template std::vector<Lanes<1>> mean_field<1>(const CrfKernels&, const std::vector<Lanes<1>>&, int, ThreadTeam&);
extern template std::vector<Lanes<4>> mean_field<4>(const CrfKernels&, const std::vector<Lanes<4>>&, int, ThreadTeam&);

}  // namespace vcl
