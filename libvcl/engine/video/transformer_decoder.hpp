// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "engine/video/video_mask2former.hpp"

namespace vcl {

/// The masked-attention decoder (method.md 5.4). `w`: sem_seg_head.predictor. Tokens of one level are those
/// of all frames of a clip, so that a query means the same object in every frame.
std::vector<Prediction> transformer_decoder(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                            const VideoConfig& config, bool all);

/// One layer: cross-attention to `memory` where `attend` allows, self-attention, FFN. x and query_pos
/// [B, Q, C]; memory (values) and memory_pos [B, N, C]; attend bool [B, Q, N].
at::Tensor decoder_layer(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& memory,
                         const at::Tensor& memory_pos, const at::Tensor& attend, const Weights& w, int layer,
                         int heads);

/// What follows in a layer: self-attention and FFN.
at::Tensor after_cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int layer,
                                 int heads);

/// Prediction heads on queries [B, Q, C], but for the masks.
struct QueryHeads {
  at::Tensor classes;    ///< as in Prediction
  at::Tensor embedding;  ///< of the masks
  at::Tensor queries;    ///< as in Prediction
};
QueryHeads query_heads(const at::Tensor& x, const Weights& w);

/// Masks [B, Q, T, h, w] of such embeddings, of any of the queries. mask_features [B, T, C, h, w].
at::Tensor mask_logits(const at::Tensor& embedding, const at::Tensor& mask_features);

/// Prediction heads on queries [B, Q, C]. mask_features [B, T, C, h, w].
Prediction predict(const at::Tensor& x, const at::Tensor& mask_features, const Weights& w);

/// Where resized masks [B, Q, T, ., .] are not negative: bool [B, Q, T * height * width].
at::Tensor inside_masks(const at::Tensor& masks, std::int64_t height, std::int64_t width);

/// Where each query may attend on a level of the given size: inside its mask; one that may attend nowhere
/// attends everywhere.
at::Tensor attention_mask(const at::Tensor& masks, std::int64_t height, std::int64_t width);

}  // namespace vcl
