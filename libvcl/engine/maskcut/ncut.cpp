// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/maskcut/ncut.hpp"

#include <cmath>
#include <limits>

#include "engine/maskcut/lanczos.hpp"

namespace vcl {
namespace {

// Residuals. The vector errs by the residual over the gap to the next eigenvalue; the value by its square over the gap.
constexpr double kVectorTolerance = 1e-12, kValueTolerance = 1e-8;

}  // namespace

at::Tensor affinity_edges(const at::Tensor& features, double tau) {
  const at::Tensor length = features.norm(2, {0}, true).clamp_min(1e-12);
  const at::Tensor unit = features / length;
  return unit.t().mm(unit) > tau;
}

NormalisedCut normalised_cut(const at::Tensor& edges, const at::Tensor& painted) {
  const auto n = edges.size(0);
  const at::Tensor live = painted.logical_not().nonzero().flatten();
  const auto n_live = live.numel(), n_painted = n - n_live;
  NormalisedCut cut{1, std::numeric_limits<double>::infinity(), {}};
  const auto size = n_live + (n_painted > 0);
  if (n_live == 0 || size < 2) return cut;

  // The painted patches' node is their indicator over sqrt(n_painted): last row and column.
  const auto f64 = edges.options().dtype(at::kDouble);
  at::Tensor a = at::empty({size, size}, f64);
  at::Tensor inner = a.narrow(0, 0, n_live).narrow(1, 0, n_live);
  inner.copy_(edges.index_select(0, live).index_select(1, live)).mul_(1 - kFaintEdge).add_(kFaintEdge);
  at::Tensor degree = inner.sum(1) + double(n_painted) * kFaintEdge;
  if (n_painted > 0) {
    a.select(0, n_live).fill_(kFaintEdge * std::sqrt(double(n_painted)));
    a.select(1, n_live).fill_(kFaintEdge * std::sqrt(double(n_painted)));
    a[n_live][n_live] = kFaintEdge * double(n_painted);
    degree = at::cat({degree, at::full({1}, double(n) * kFaintEdge, f64)});
  }

  // lambda = 1 - mu for the eigenvalues mu of D^-1/2 A D^-1/2, whose largest is the trivial 1 with vector D^1/2 1.
  const at::Tensor scale = degree.rsqrt();
  a.mul_(scale.unsqueeze(0)).mul_(scale.unsqueeze(1));
  at::Tensor trivial = degree.sqrt();
  if (n_painted > 0) trivial[n_live] *= std::sqrt(double(n_painted));
  const at::Tensor first = (trivial / trivial.norm()).unsqueeze(1);
  const Eigenpair second = largest_eigenpair(a, first, kVectorTolerance);
  cut.eigenvalue = 1 - second.value;
  if (size > 2) {
    const at::Tensor both = at::cat({first, second.vector.unsqueeze(1)}, 1);
    cut.next_eigenvalue = 1 - largest_eigenpair(a, both, kValueTolerance).value;
  }

  const at::Tensor x = second.vector * scale;
  cut.vector = at::empty({n}, f64);
  if (n_painted > 0) cut.vector.fill_(x[n_live].item<double>() / std::sqrt(double(n_painted)));
  cut.vector.index_copy_(0, live, x.narrow(0, 0, n_live));
  return cut;
}

}  // namespace vcl
