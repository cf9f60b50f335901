// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/maskcut/edge_matrix.hpp"

/// The normalized cut of MaskCut's graph (method.md 2.2.3).
namespace vcl {

/// Weight of each pair of patches that are not linked.
inline constexpr double kFaintEdge = 1e-5;

/// The solution of (D - A) x = lambda D x with the second smallest eigenvalue.
struct NormalisedCut {
  double eigenvalue = 0;
  double next_eigenvalue = 0;  ///< third smallest; infinite if there is none
  at::Tensor vector;           ///< double [n], x^T D x = 1, with the solver's sign; undefined if no patch is left

  /// Returns whether the two eigenvalues are equal within the precision of double, so that the vector is arbitrary
  /// among many.
  bool degenerate() const { return next_eigenvalue - eigenvalue <= 1e-9 * next_eigenvalue; }
};

/// A is 1 on `edges` between patches that are not `painted` (bool [n]) and kFaintEdge elsewhere. All painted patches
/// have the same row, so one node replaces them, which gives the same eigenpair from a smaller problem (method.md 2.3).
NormalisedCut normalised_cut(const EdgeMatrix& edges, const at::Tensor& painted);

}  // namespace vcl
