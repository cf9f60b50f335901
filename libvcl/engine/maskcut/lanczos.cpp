// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/maskcut/lanczos.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vcl {
namespace {

constexpr std::int64_t kMostSteps = 400;

// Twice is enough (Kahan): the second pass removes what rounding left of the first.
void orthogonalise(at::Tensor& x, const at::Tensor& columns) {
  for (int pass = 0; pass < 2; ++pass) x = x - columns.mv(columns.t().mv(x));
}

// Any vector that is not orthogonal to the answer will do: the fractional parts of multiples of the golden ratio.
at::Tensor start_vector(std::int64_t n, const at::TensorOptions& options) {
  return (at::arange(1, n + 1, options) * 0.6180339887498949).frac() - 0.5;
}

at::Tensor tridiagonal(const std::vector<double>& diagonal, const std::vector<double>& beside) {
  const at::Tensor off = at::tensor(at::ArrayRef<double>(beside).slice(0, diagonal.size() - 1), at::kDouble);
  return at::diag(at::tensor(diagonal)) + at::diag(off, 1) + at::diag(off, -1);
}

Eigenpair solve_dense(const at::Tensor& matrix, const at::Tensor& known) {
  // Known directions go to minus infinity, as far as sums of entries are concerned.
  const double below = 2 * matrix.abs().sum(1).max().item<double>() + 1;
  const auto [values, vectors] = at::linalg_eigh(matrix - below * known.mm(known.t()));
  return {values[-1].item<double>(), vectors.select(1, -1)};
}

}  // namespace

Eigenpair largest_eigenpair(const at::Tensor& matrix, const at::Tensor& known, double tolerance) {
  const auto n = matrix.size(0), dimensions = n - known.size(1), most = std::min(dimensions, kMostSteps);
  at::Tensor basis = at::empty({n, known.size(1) + most}, matrix.options());  // known vectors, then Lanczos'
  basis.narrow(1, 0, known.size(1)).copy_(known);
  std::vector<double> diagonal, beside;
  at::Tensor x = start_vector(n, matrix.options());
  orthogonalise(x, known);
  x = x / x.norm();
  std::int64_t next_check = 5;  // ever rarer: a check costs the cube of the steps
  for (std::int64_t k = 0; k < most; ++k) {
    basis.select(1, known.size(1) + k).copy_(x);
    at::Tensor next = matrix.mv(x);
    diagonal.push_back(x.dot(next).item<double>());
    orthogonalise(next, basis.narrow(1, 0, known.size(1) + k + 1));
    beside.push_back(next.norm().item<double>());
    const bool exhausted = k + 1 == dimensions || beside.back() < 1e-14;
    if (exhausted || k + 1 >= next_check) {
      next_check += std::max<std::int64_t>(5, next_check / 4);
      const auto [values, vectors] = at::linalg_eigh(tridiagonal(diagonal, beside));
      const at::Tensor weights = vectors.select(1, -1);
      if (exhausted || beside.back() * std::abs(weights[-1].item<double>()) < tolerance)
        return {values[-1].item<double>(), basis.narrow(1, known.size(1), k + 1).mv(weights.to(matrix.device()))};
    }
    x = next / beside.back();
  }
  return solve_dense(matrix, known);
}

}  // namespace vcl
