// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "engine/video/video_mask2former.hpp"

namespace vcl {

/// The masked-attention decoder (method.md 5.4). `w`: sem_seg_head.predictor. Tokens of one level are those
/// of all frames of a clip, so that a query means the same object in every frame.
std::vector<Prediction> transformer_decoder(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                            const VideoConfig& config, bool all);

/// The three parts of a layer, in this order. x and query_pos [B, Q, C]; memory [B, N, C], alone (values) and with its
/// positions (keys); attend bool [B, Q, N].
at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& memory,
                           const at::Tensor& placed_memory, const at::Tensor& attend, const Weights& w, int heads);
at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads);
at::Tensor feed_forward(const at::Tensor& x, const Weights& w);

/// What masks are sums of, with weights that a query's embedding gives.
struct MaskBasis {
  at::Tensor features;  ///< [B, T, C, h, w]
  at::Tensor place;     ///< [6, h, w], of networks whose queries own a place; else undefined
};
MaskBasis mask_basis(const at::Tensor& mask_features, const Weights& w);
/// The sums of a resized basis are the resized sums: what the method resizes for every query, of every layer, is
/// resized here once.
MaskBasis resized(const MaskBasis& basis, std::int64_t height, std::int64_t width);

/// The weights of queries [B, Q, C] after the decoder norm: [B, Q, E].
at::Tensor mask_embedding(const at::Tensor& queries, const Weights& w);
/// Mask logits [B, Q, T, h, w] of the embeddings of any of the queries.
at::Tensor mask_logits(const at::Tensor& embedding, const MaskBasis& basis);
/// Where they are not negative: bool [B, Q, T * h * w]. Has no gradients.
at::Tensor inside_masks(const at::Tensor& embedding, const MaskBasis& basis);

/// Where each query may attend on a level of the basis' size: [B, Q, T * h * w], true where the mask logit is not
/// negative; a query that may attend nowhere attends everywhere. Has no gradients.
at::Tensor attention_mask(const at::Tensor& queries, const MaskBasis& basis, const Weights& w);

/// Prediction heads on queries [B, Q, C] before the decoder norm.
Prediction predict(const at::Tensor& x, const MaskBasis& basis, const Weights& w);

}  // namespace vcl
