// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "engine/video/video_mask2former.hpp"

namespace vcl {

/// The masked-attention decoder (method.md 5.4). `w`: sem_seg_head.predictor. Tokens of one level are those
/// of all frames of a clip, so that a query means the same object in every frame.
std::vector<Prediction> transformer_decoder(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                            const VideoConfig& config, bool all);

/// The three parts of a layer, in this order. x and query_pos [B, Q, C]; memory (values) and memory_pos [B, N, C];
/// attend bool [B, Q, N].
at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& memory,
                           const at::Tensor& memory_pos, const at::Tensor& attend, const Weights& w, int heads);
at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads);
at::Tensor feed_forward(const at::Tensor& x, const Weights& w);

/// Prediction heads on queries [B, Q, C]. mask_features [B, T, C, h, w].
Prediction predict(const at::Tensor& x, const at::Tensor& mask_features, const Weights& w);

/// Where each query may attend on a level of the given size: [B, Q, T * height * width], true where the
/// resized mask logit is not negative; a query that may attend nowhere attends everywhere.
at::Tensor attention_mask(const at::Tensor& masks, std::int64_t height, std::int64_t width);

}  // namespace vcl
