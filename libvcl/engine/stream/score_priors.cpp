// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/score_priors.hpp"

namespace vcl {
namespace {

/// Of each frame: [Q, T, h, w] to [Q, T].
at::Tensor not_background(const at::Tensor& m) {
  const at::Tensor border =
      m.select(2, 0).sum(-1) + m.select(2, -1).sum(-1) + m.select(3, 0).sum(-1) + m.select(3, -1).sum(-1);
  return (-border.square() / m.sum({2, 3}).clamp_min(1) / 2).exp();
}

}  // namespace

void ScorePriors::add(const at::Tensor& masks) {
  const at::Tensor m = masks.to(at::kFloat);
  const at::Tensor interior = not_background(m).sum(1), share = m.mean({2, 3}).sum(1);
  interior_ = interior_.defined() ? interior_ + interior : interior;
  share_ = share_.defined() ? share_ + share : share;
  frames_ += masks.size(1);
}

at::Tensor ScorePriors::factors() const {
  at::Tensor factors = at::ones_like(share_);
  if (border_) factors = factors * interior_ / double(frames_);
  if (typical_share_ > 0) factors = factors * (share_ / double(frames_) / typical_share_).clamp_max(1).pow(0.25);
  return factors;
}

}  // namespace vcl
