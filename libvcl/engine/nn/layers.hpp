// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"

/// Building blocks of networks. Each function reads its tensors below `w` by the names of the checkpoint.
namespace vcl {

/// Maps [..., in] to [..., out]; weight [out, in], optional bias.
at::Tensor linear(const at::Tensor& x, const Weights& w);
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
/// The same as a 1x1 convolution, which is faster on some processors. linear() chooses it there.
at::Tensor linear_by_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Normalizes over the last dimension. The paper's decoder uses eps 1e-5, DINO 1e-6.
at::Tensor layer_norm(const at::Tensor& x, const Weights& w, double eps = 1e-5);

/// Normalizes [N, C, H, W] with the number of groups from the model and eps 1e-5.
at::Tensor group_norm(const at::Tensor& x, const Weights& w, int groups);

/// Convolves [N, C, H, W] with `same` padding (kernel / 2); weight [out, in, k, k], optional bias.
at::Tensor conv2d(const at::Tensor& x, const Weights& w, int stride = 1);

/// conv_batch_norm() convolves and applies the batch norm `norm.*`, if it was not folded. batch_norm() applies the
/// batch norm alone. Frozen norms (without num_batches_tracked) stay frozen when `training`; others then use and update
/// the statistics of the batch.
at::Tensor conv_batch_norm(const at::Tensor& x, const Weights& w, int stride, bool training);
at::Tensor batch_norm(const at::Tensor& x, const Weights& w, bool training);

/// Folds every frozen batch norm `<conv>.norm` of the tree into its convolution, lays kernels out with channels last,
/// as convolutions of such images want them each time, and adds `<conv>.winograd`, kernels transformed for faster ones.
void prepare_for_inference(Weights& w);

/// Applies two or more linear layers `0`, `1`, ... with ReLU between them.
at::Tensor mlp(const at::Tensor& x, const Weights& w);

/// torch's MultiheadAttention, batch first: q [B, Q, C], k and v [B, N, C]. `w` holds in_proj_weight,
/// in_proj_bias and out_proj. `attend` (optional, bool, broadcastable to [B, heads, Q, N]): false blocks.
at::Tensor multihead_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Weights& w,
                               int heads, const at::Tensor& attend = {});
/// The parts of multihead_attention(): the projection of x [..., C] to queries, keys or values, and the attention to
/// projected keys and values.
enum AttentionInput { kQueries, kKeys, kValues };
at::Tensor attention_projection(const at::Tensor& x, const Weights& w, AttentionInput which);
at::Tensor attend_to(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, const Weights& w, int heads,
                     const at::Tensor& attend = {});

/// Resizes bilinearly to [N, C, height, width], align_corners false, without antialiasing.
at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width);

}  // namespace vcl
