// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"

/// Building blocks: free functions that read their tensors by the checkpoint's own names below `w`.
namespace vcl {

/// [..., in] -> [..., out]; weight [out, in], optional bias.
at::Tensor linear(const at::Tensor& x, const Weights& w);
/// The same as a convolution of one pixel, which is faster on some processors: linear() knows which.
at::Tensor linear_by_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Over the last dimension; the paper's decoder uses 1e-5, DINO 1e-6.
at::Tensor layer_norm(const at::Tensor& x, const Weights& w, double eps = 1e-5);

/// [N, C, H, W]; groups as the model says, eps 1e-5.
at::Tensor group_norm(const at::Tensor& x, const Weights& w, int groups);

/// [N, C, H, W] with `same` padding (kernel / 2); weight [out, in, k, k], optional bias.
at::Tensor conv2d(const at::Tensor& x, const Weights& w, int stride = 1);

/// Convolution and, unless it was folded, its batch norm `norm.*`; the latter alone. Frozen norms (no
/// num_batches_tracked) stay frozen when `training`; others then use and update the batch's statistics.
at::Tensor conv_batch_norm(const at::Tensor& x, const Weights& w, int stride, bool training);
at::Tensor batch_norm(const at::Tensor& x, const Weights& w, bool training);

/// Folds every frozen batch norm `<conv>.norm` of the tree into its convolution, lays kernels out with channels last,
/// as convolutions of such images want them each time, and adds `<conv>.winograd`, kernels transformed for faster ones.
void prepare_for_inference(Weights& w);

/// Two or more linear layers `0`, `1`, ... with ReLU between them.
at::Tensor mlp(const at::Tensor& x, const Weights& w);

/// torch's MultiheadAttention, batch first: q [B, Q, C], k and v [B, N, C]. `w` holds in_proj_weight,
/// in_proj_bias and out_proj. `attend` (optional, bool, broadcastable to [B, heads, Q, N]): false blocks.
at::Tensor multihead_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Weights& w,
                               int heads, const at::Tensor& attend = {});
/// Its parts: what the queries, keys and values are made of x [..., C], and the attention to keys and values made so.
enum AttentionInput { kQueries, kKeys, kValues };
at::Tensor attention_projection(const at::Tensor& x, const Weights& w, AttentionInput which);
at::Tensor attend_to(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, const Weights& w, int heads,
                     const at::Tensor& attend = {});

/// Bilinear to [N, C, height, width], align_corners false, no antialias.
at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width);

}  // namespace vcl
