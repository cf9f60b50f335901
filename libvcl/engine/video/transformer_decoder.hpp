// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "libvcl/engine/video/video_mask2former.hpp"

namespace vcl {

/// What masks are sums of, with weights that a query's embedding gives.
struct MaskBasis {
  at::Tensor features;  ///< [B, T, C, h, w]
  at::Tensor place;     ///< [6, h, w], of networks whose queries own a place; else undefined
};
MaskBasis mask_basis(const at::Tensor& mask_features, const Weights& w);
/// The sums of a resized basis are the resized sums: what the method resizes for every query, of every layer, is
/// resized here once.
MaskBasis resized(const MaskBasis& basis, std::int64_t height, std::int64_t width);

/// Keys and values of one layer's cross-attention.
struct LayerMemory {
  at::Tensor keys, values;
};

/// All that the decoder needs of N frames and that depends on nothing but each frame itself, so that clips which share
/// frames share it.
struct FrameMemory {
  /// [N, h * w, C] each. A key is a projection of the sum of its content and its place in the picture and in time:
  /// what time adds to it, which depends on the clip, is added by the decoder.
  std::vector<LayerMemory> layers;
  MaskBasis basis;                     ///< of one clip of N frames
  std::vector<MaskBasis> level_basis;  ///< the same in the size of each level

  /// Rearranges what is to be joined with other frames' several times.
  void make_contiguous();
};

/// `w`: sem_seg_head.predictor.
FrameMemory frame_memory(const FrameFeatures& features, const Weights& w);

/// The masked-attention decoder (method.md 5.4) on clips of equally many frames, one after the other in `memory`. `w`:
/// sem_seg_head.predictor. Tokens of one level are those of all frames of a clip, so that a query means the same object
/// in every frame.
std::vector<Prediction> transformer_decoder(std::span<const FrameMemory* const> memory, std::int64_t clips,
                                            const Weights& w, const VideoConfig& config, bool all);

/// What a layer makes of memory [B, N, C], alone (values) and with its positions (keys). `w`: the layer's.
LayerMemory layer_memory(const at::Tensor& memory, const at::Tensor& placed_memory, const Weights& w);

/// The three parts of a layer, in this order. x and query_pos [B, Q, C]; keys and values [B, N, C]; attend bool
/// [B, Q, N].
at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const LayerMemory& memory,
                           const at::Tensor& attend, const Weights& w, int heads);
at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads);
at::Tensor feed_forward(const at::Tensor& x, const Weights& w);

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
