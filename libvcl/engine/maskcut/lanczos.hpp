// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// An eigenpair of a symmetric matrix.
struct Eigenpair {
  double value = 0;
  at::Tensor vector;  ///< unit length
};

/// The largest eigenvalue of the symmetric double matrix [n, n] among the vectors orthogonal to the unit columns of
/// `known` [n, k], k < n: eigenvectors that are known already. Lanczos with full reorthogonalisation from a fixed
/// start, until the residual is below `tolerance`; a dense solver where that takes too long. Same input, same result.
Eigenpair largest_eigenpair(const at::Tensor& matrix, const at::Tensor& known, double tolerance);

}  // namespace vcl
