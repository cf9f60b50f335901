// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace vcl {

/// An eigenpair of a symmetric matrix.
struct Eigenpair {
  double value = 0;
  at::Tensor vector;  ///< unit length
};

/// A symmetric matrix, given by its products: double [n] to double [n].
using SymmetricProduct = std::function<at::Tensor(const at::Tensor&)>;

/// Returns the eigenpair with the largest eigenvalue among the vectors orthogonal to the unit rows of `known` [k, n]
/// (k < n), which are known eigenvectors. Lanczos with full reorthogonalization from a fixed start runs until the
/// residual is below `tolerance`. The same input gives the same result.
Eigenpair largest_eigenpair(const SymmetricProduct& matrix, const at::Tensor& known, double tolerance);

}  // namespace vcl
