// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "libvcl/crf/crf_lattices.hpp"
#include "libvcl/crf/lanes.hpp"

/// Mean field of a dense CRF with two labels and Potts weights (method.md 2.4).
///
/// Both labels need one channel. With Q the probabilities of foreground and background, which sum to 1, let
/// z = Q_fg - Q_bg, so that Q_fg = (1 + z) / 2. A step is Q' = softmax(-U + sum_k w_k K_k Q). The softmax of two
/// logits depends on their difference alone, z' = tanh(difference / 2), and as filtering is linear the difference is
///     (U_bg - U_fg) + sum_k w_k (K_k Q_fg - K_k Q_bg)  =  (U_bg - U_fg) + sum_k w_k K_k z,
/// so z is all that is filtered: exact but for rounding (1e-6 of a probability), and odd in z, so that swapped labels
/// give the complement to the last bit.
namespace vcl {

struct CrfKernels {
  PermutohedralLattice<2> position;  ///< both normalised
  PermutohedralLattice<5> appearance;
  float position_weight, appearance_weight;
};

/// `bias`: U_bg - U_fg of each pixel, a lane a mask. Returns z after `steps` steps; 0 gives tanh(bias / 2).
/// Independent of the number of threads, and of what the other lanes hold.
template <int kLanes>
std::vector<Lanes<kLanes>> mean_field(const CrfKernels& kernels, const std::vector<Lanes<kLanes>>& bias, int steps,
                                      ThreadTeam& team);

extern template std::vector<Lanes<1>> mean_field<1>(const CrfKernels&, const std::vector<Lanes<1>>&, int, ThreadTeam&);
extern template std::vector<Lanes<4>> mean_field<4>(const CrfKernels&, const std::vector<Lanes<4>>&, int, ThreadTeam&);

}  // namespace vcl
