// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/mask_evidence.hpp"

namespace vcl {
namespace {

/// How little of each mask lies along the border of the frame, as boundary connectivity (Zhu et al. 2014):
/// exp(-b^2 / 2), b = border cells / sqrt(area). [Q, T, h, w] to [Q, T].
at::Tensor not_background(const at::Tensor& m) {
  const at::Tensor border =
      m.select(2, 0).sum(-1) + m.select(2, -1).sum(-1) + m.select(3, 0).sum(-1) + m.select(3, -1).sum(-1);
  return (-border.square() / m.sum({2, 3}).clamp_min(1) / 2).exp();
}

}  // namespace

void MaskEvidence::add(const at::Tensor& masks) {
  const at::Tensor m = masks.to(at::kFloat);
  const at::Tensor interior = not_background(m).sum(1), share = m.mean({2, 3}).sum(1);
  interior_ = interior_.defined() ? interior_ + interior : interior;
  share_ = share_.defined() ? share_ + share : share;
  frames_ += masks.size(1);
}

at::Tensor MaskEvidence::factors() const {
  at::Tensor factors = at::ones_like(share_);
  if (border_prior_) factors = factors * interior_ / double(frames_);
  // Of masks that are scored alike the larger is more often the object that people mean, the smaller a detail of the
  // background.
  if (typical_share_ > 0) factors = factors * (share_ / double(frames_) / typical_share_).clamp_max(1).pow(0.25);
  return factors;
}

}  // namespace vcl
