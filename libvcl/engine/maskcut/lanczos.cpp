// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/lanczos.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace vcl {
namespace {

constexpr std::int64_t kRoom = 64;  // initial space for basis vectors; doubled as needed

// Two passes are enough (Kahan): the second removes the rounding errors of the first.
void orthogonalise(at::Tensor& x, const at::Tensor& rows) {
  for (int pass = 0; pass < 2; ++pass) x = x.addmv(rows.t(), rows.mv(x), 1, -1);
}

// Any vector that is not orthogonal to the eigenvector will do. This one consists of the fractional parts of multiples
// of a number. The number depends on how many vectors are known, because a multiple eigenvalue needs different starts:
// from the start that led to the last known vector, Lanczos finds only that one.
at::Tensor start_vector(const at::Tensor& known) {
  const at::Tensor count = at::arange(1, known.size(1) + 1, known.options());
  for (double step = 0.6180339887498949 * double(known.size(0));; step += 0.1415926535897932) {
    at::Tensor x = (count * step).frac() - 0.5;
    orthogonalise(x, known);
    if (const double length = x.norm().item<double>(); length > 1e-3) return x / length;
  }
}

at::Tensor tridiagonal(const std::vector<double>& diagonal, const std::vector<double>& beside) {
  const at::Tensor off = at::tensor(at::ArrayRef<double>(beside).slice(0, diagonal.size() - 1), at::kDouble);
  return at::diag(at::tensor(diagonal)) + at::diag(off, 1) + at::diag(off, -1);
}

}  // namespace

Eigenpair largest_eigenpair(const SymmetricProduct& matrix, const at::Tensor& known, double tolerance) {
  const auto n_known = known.size(0), n = known.size(1), dimensions = n - n_known;
  at::Tensor basis = at::cat({known, at::empty({kRoom, n}, known.options())});  // known vectors, then Lanczos vectors
  std::vector<double> diagonal, beside;
  at::Tensor x = start_vector(known);
  std::int64_t next_check = 5;  // at growing intervals, because a check costs the cube of the steps
  for (std::int64_t k = 1;; ++k) {
    if (n_known + k > basis.size(0)) basis = at::cat({basis, at::empty_like(basis)});
    basis[n_known + k - 1].copy_(x);
    at::Tensor next = matrix(x);
    diagonal.push_back(x.dot(next).item<double>());
    orthogonalise(next, basis.narrow(0, 0, n_known + k));
    beside.push_back(next.norm().item<double>());
    const bool exhausted = k == dimensions || beside.back() < 1e-14;
    if (exhausted || k >= next_check) {
      next_check += std::max<std::int64_t>(5, next_check / 4);
      const auto [values, vectors] = at::linalg_eigh(tridiagonal(diagonal, beside));
      const at::Tensor weights = vectors.select(1, -1);
      if (exhausted || beside.back() * std::abs(weights[-1].item<double>()) < tolerance)
        return {values[-1].item<double>(), basis.narrow(0, n_known, k).t().mv(weights.to(known.device()))};
    }
    x = next / beside.back();
  }
}

}  // namespace vcl
