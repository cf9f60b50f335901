// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/ncut.hpp"

#include <cmath>
#include <limits>

#include "libvcl/engine/maskcut/lanczos.hpp"

namespace vcl {
namespace {

// Limits of the residual. The error of the vector is the residual / the gap to the next eigenvalue, that of the value
// its square / the gap.
constexpr double kVectorTolerance = 1e-12, kValueTolerance = 1e-8;

}  // namespace

NormalisedCut normalised_cut(const EdgeMatrix& edges, const at::Tensor& painted) {
  const auto n = edges.patches();
  const at::Tensor live = painted.logical_not().nonzero().flatten();
  const auto n_live = live.numel(), n_painted = n - n_live;
  NormalisedCut cut{1, std::numeric_limits<double>::infinity(), {}};
  const auto size = n_live + (n_painted > 0);
  if (n_live == 0 || size < 2) return cut;

  // The node of the painted patches, which comes last, is their normalized indicator: A = (1 - faint) E + faint w w^T.
  const auto f64 = painted.options().dtype(at::kDouble);
  at::Tensor w = at::ones({size}, f64), among_all = at::zeros({n}, f64);
  if (n_painted > 0) w[n_live] = std::sqrt(double(n_painted));
  const auto affinity = [&](const at::Tensor& x) {
    among_all.index_copy_(0, live, x.narrow(0, 0, n_live));
    at::Tensor y = w * (w.dot(x) * kFaintEdge);
    y.narrow(0, 0, n_live).add_(edges.times(among_all).index_select(0, live), 1 - kFaintEdge);
    return y;
  };

  // lambda = 1 - mu for the eigenvalues mu of D^-1/2 A D^-1/2, whose largest is the trivial 1 with vector D^1/2 w.
  const at::Tensor degree = affinity(w) / w, scale = degree.rsqrt(), trivial = degree.sqrt() * w;
  const at::Tensor first = (trivial / trivial.norm()).unsqueeze(0);
  const auto normalised_affinity = [&](const at::Tensor& x) { return affinity(x * scale) * scale; };
  const Eigenpair second = largest_eigenpair(normalised_affinity, first, kVectorTolerance);
  cut.eigenvalue = 1 - second.value;
  if (size > 2) {
    const at::Tensor both = at::cat({first, second.vector.unsqueeze(0)});
    cut.next_eigenvalue = 1 - largest_eigenpair(normalised_affinity, both, kValueTolerance).value;
  }

  const at::Tensor x = second.vector * scale;
  cut.vector = at::empty({n}, f64);
  if (n_painted > 0) cut.vector.fill_(x[n_live].item<double>() / std::sqrt(double(n_painted)));
  cut.vector.index_copy_(0, live, x.narrow(0, 0, n_live));
  return cut;
}

}  // namespace vcl
