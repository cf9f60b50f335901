// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/score_priors.hpp"

namespace vcl {

at::Tensor not_background(const at::Tensor& masks) {
  const at::Tensor m = masks.to(at::kFloat);
  const at::Tensor border =
      m.select(2, 0).sum(-1) + m.select(2, -1).sum(-1) + m.select(3, 0).sum(-1) + m.select(3, -1).sum(-1);
  return (-border.square() / m.sum({2, 3}).clamp_min(1) / 2).exp().mean(1);
}

at::Tensor large_enough(const at::Tensor& masks, double typical) {
  return (masks.to(at::kFloat).mean({1, 2, 3}) / typical).clamp_max(1).pow(0.25);
}

}  // namespace vcl
