// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/score_priors.hpp"

namespace vcl {
namespace {

/// Returns the border factor of each frame: [Q, T, h, w] to [Q, T].
at::Tensor not_background(const at::Tensor& m) {
  const at::Tensor border =
      m.select(2, 0).sum(-1) + m.select(2, -1).sum(-1) + m.select(3, 0).sum(-1) + m.select(3, -1).sum(-1);
  return (-border.square() / m.sum({2, 3}).clamp_min(1) / 2).exp();
}

void accumulate(at::Tensor& sum, const at::Tensor& more) {
  sum = sum.defined() ? sum + more : more;
}

}  // namespace

void ScorePriors::add(const at::Tensor& masks, const at::Tensor& contrast, const at::Tensor& moving) {
  const at::Tensor m = masks.to(at::kFloat);
  accumulate(interior_, not_background(m).sum(1));
  accumulate(share_, m.mean({2, 3}).sum(1));
  frames_ += masks.size(1);
  const at::Tensor area = m.sum({2, 3});  // [Q, T]
  if (moving.defined()) {
    const at::Tensor frames = area.gt(0).sum(1);
    accumulate(known_, frames);
    accumulate(moving_, moving.size(1) > 0 ? frames * moving.amax(1) : at::zeros(m.size(0)));
  }
  if (!contrast.defined()) return;
  accumulate(contrast_, ((m * contrast).sum({2, 3}) / area.clamp_min(1)).sum(1));
  accumulate(contrasts_, area.gt(0).sum(1));
}

at::Tensor ScorePriors::weigh(const at::Tensor& scores) const {
  at::Tensor weighed = scores;
  if (border_) weighed = weighed * interior_ / double(frames_);
  if (typical_share_ > 0) weighed = weighed * (share_ / double(frames_) / typical_share_).clamp_max(1).pow(0.25);
  const auto looked_at = [&](const at::Tensor& looks) { return 1 - (1 - weighed).clamp_min(0).pow(looks); };
  if (moving_.defined()) {
    const at::Tensor p = moving_ / known_.clamp_min(1), most = p.max();
    if (most.item<double>() == 0) return weighed;
    return looked_at(1 - most + most * (4 * p.square()).clamp(0.5, 3));
  }
  if (!contrast_.defined()) return weighed;
  return looked_at(at::where(contrasts_.gt(0), contrast_ / contrasts_.clamp_min(1), 1).square().clamp(0.5, 8));
}

}  // namespace vcl
