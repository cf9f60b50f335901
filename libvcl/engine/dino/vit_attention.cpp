// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit_attention.hpp"

#include <cmath>

#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/nn/layers.hpp"

namespace vcl {

at::Tensor vit_class_attention(const at::Tensor& x, const Weights& w, std::int64_t heads) {
  const auto batch = x.size(0), tokens = x.size(1), channels = x.size(2), width = channels / heads;
  const at::Tensor y = layer_norm(x, w / "norm1", kVitNormEpsilon);
  const Weights qkv = w / "attn" / "qkv";
  const auto by_head = [&](const at::Tensor& from, int third) {  // [B, heads, tokens, width]
    const at::Tensor to = at::linear(from, qkv["weight"].narrow(0, third * channels, channels),
                                     qkv["bias"].narrow(0, third * channels, channels));
    return to.to(at::kFloat).view({batch, -1, heads, width}).transpose(1, 2);
  };
  const at::Tensor query = by_head(y.narrow(1, 0, 1), 0), keys = by_head(y, 1);
  const at::Tensor attention = (query.matmul(keys.transpose(2, 3)) / std::sqrt(double(width))).softmax(-1);
  return attention.mean(1).view({batch, tokens}).narrow(1, 1, tokens - 1);
}

}  // namespace vcl
