// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>

#include "libvcl/engine/video/frame_store.hpp"

/// The masked-attention decoder over all frames of a video at once, as in the paper, with memory that does not grow
/// with their number. Frames are read a few at a time, their keys and values are never all in memory, and the softmax
/// over all of them is accumulated. Equal to decode_clip except for the order of sums.
namespace vcl {

/// Softmax attention whose keys and values arrive in parts.
class StreamedAttention {
 public:
  /// `queries` [heads, Q, d].
  explicit StreamedAttention(const at::Tensor& queries);

  /// keys, values [heads, N, d]; `attend` bool [Q, N].
  void add(const at::Tensor& keys, const at::Tensor& values, const at::Tensor& attend);

  /// Returns which queries had nothing to attend to: bool [Q]. Their result is 0.
  at::Tensor nowhere() const { return sum_.select(0, 0).squeeze(-1).eq(0); }
  /// [heads, Q, d]
  at::Tensor result() const { return mixed_ / sum_.masked_fill(sum_.eq(0), 1); }

 private:
  at::Tensor queries_;  // scaled
  at::Tensor peak_;     // [heads, Q, 1] largest score so far; -inf: none
  at::Tensor sum_;      // [heads, Q, 1] of exp(score - peak)
  at::Tensor mixed_;    // [heads, Q, d] values weighted by exp(score - peak)
};

/// The decoder's output for a whole video. Masks are made frame by frame (long_clip_masks).
struct LongClip {
  at::Tensor classes;    ///< logits [Q, 2], as in Prediction
  at::Tensor embedding;  ///< [Q, E] mask embeddings
};

/// `w`: the model's. `chunk`: frames read at a time, at least 1. `progress` hears after each chunk which share of the
/// decoding is done, and may throw.
LongClip decode_long_clip(const FrameStore& frames, const Weights& w, const VideoConfig& config, std::int64_t chunk,
                          const std::function<void(double share)>& progress = {});

/// Returns the mask logits [Q', count, h, w] of the embeddings [Q', E] of any queries, in `count` frames from `first`.
at::Tensor long_clip_masks(const at::Tensor& embedding, const FrameStore& frames, std::int64_t first,
                           std::int64_t count, const Weights& w);

}  // namespace vcl
