// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "libvcl/engine/video/video_mask2former.hpp"

namespace vcl {

/// The features that masks are linear combinations of. The embedding of a query gives the weights.
struct MaskBasis {
  at::Tensor features;  ///< [B, T, C, h, w]
  at::Tensor place;     ///< [6, h, w] if queries have their own position (anchored); otherwise undefined
};
MaskBasis mask_basis(const at::Tensor& mask_features, const Weights& w);
/// Resizes a basis. Linear combinations of the resized basis equal the resized combinations. The method resizes masks
/// for each query of each layer; here the basis is resized once.
MaskBasis resized(const MaskBasis& basis, std::int64_t height, std::int64_t width);

/// The keys and values of one layer's cross-attention.
struct LayerMemory {
  at::Tensor keys, values;
};

/// All inputs of the decoder from N frames that depend only on each frame itself, so clips that share frames can share
/// them.
struct FrameMemory {
  /// [N, h * w, C] each. A key is the projection of its content plus its position in the picture and in time. The
  /// decoder adds the projection of the time, which depends on the clip.
  std::vector<LayerMemory> layers;
  MaskBasis basis;                     ///< of one clip of N frames
  std::vector<MaskBasis> level_basis;  ///< the basis at the size of each level

  /// Makes the bases contiguous, because they are concatenated with those of other frames several times.
  void make_contiguous();
};

/// `w`: sem_seg_head.predictor.
FrameMemory frame_memory(const FrameFeatures& features, const Weights& w);

/// Runs the masked-attention decoder (method.md 5.4) on clips with equal numbers of frames, whose frames follow each
/// other in `memory`. `w`: sem_seg_head.predictor. The tokens of one level are those of all frames of a clip, so a
/// query stands for the same object in every frame.
std::vector<Prediction> transformer_decoder(std::span<const FrameMemory* const> memory, std::int64_t clips,
                                            const Weights& w, const VideoConfig& config, bool all);

/// Projects memory [B, N, C] to the values of a layer, and memory with its positions to the keys. `w`: the layer.
LayerMemory layer_memory(const at::Tensor& memory, const at::Tensor& placed_memory, const Weights& w);

/// The three parts of a layer, in this order. x and query_pos: [B, Q, C]; keys and values: [B, N, C]; attend: bool [B,
/// Q, N].
at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const LayerMemory& memory,
                           const at::Tensor& attend, const Weights& w, int heads);
at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads);
at::Tensor feed_forward(const at::Tensor& x, const Weights& w);

/// Returns the mask embeddings of queries [B, Q, C] after the decoder norm: [B, Q, E].
at::Tensor mask_embedding(const at::Tensor& queries, const Weights& w);
/// Returns the mask logits [B, Q, T, h, w] of the embeddings of any queries.
at::Tensor mask_logits(const at::Tensor& embedding, const MaskBasis& basis);
/// Returns where the mask logits are not negative: bool [B, Q, T * h * w]. Has no gradients.
at::Tensor inside_masks(const at::Tensor& embedding, const MaskBasis& basis);

/// Returns where each query may attend on a level of the size of the basis: [B, Q, T * h * w], true where the mask
/// logit is not negative. A query without such a place may attend everywhere. Has no gradients.
at::Tensor attention_mask(const at::Tensor& queries, const MaskBasis& basis, const Weights& w);

/// Applies the prediction heads to queries [B, Q, C] before the decoder norm.
Prediction predict(const at::Tensor& x, const MaskBasis& basis, const Weights& w);

}  // namespace vcl
