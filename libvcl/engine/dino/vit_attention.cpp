// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit_attention.hpp"

#include <cmath>

#include "libvcl/engine/dino/vit_rope.hpp"
#include "libvcl/engine/nn/layers.hpp"

namespace vcl {

at::Tensor vit_class_attention(const at::Tensor& x, const Weights& w, const VitBlocks& blocks, std::int64_t extra) {
  const auto batch = x.size(0), tokens = x.size(1), width = x.size(2) / blocks.heads;
  const at::Tensor y = layer_norm(x, w / "norm1", blocks.norm_epsilon);
  const auto by_head = [&](const at::Tensor& from, int third) {  // [B, heads, tokens, width]
    const at::Tensor to = vit_projection(from, w / "attn" / "qkv", third);
    return to.to(at::kFloat).view({batch, -1, blocks.heads, width}).transpose(1, 2);
  };
  const at::Tensor query = by_head(y.narrow(1, 0, 1), 0);  // only patches are turned
  const at::Tensor keys = vit_turned(by_head(y, 1), blocks.turns);
  const at::Tensor attention = (query.matmul(keys.transpose(2, 3)) / std::sqrt(double(width))).softmax(-1);
  return attention.mean(1).view({batch, tokens}).slice(1, extra);
}

}  // namespace vcl
