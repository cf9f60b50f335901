// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/long_clip.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/positions.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"

namespace vcl {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// [N, C] -> [heads, N, C / heads]
at::Tensor split_heads(const at::Tensor& x, int heads) {
  return x.unflatten(1, {heads, -1}).transpose(0, 1);
}

/// The cross-attention of one decoder layer to all frames of a store.
class LongCrossAttention {
 public:
  LongCrossAttention(const FrameStore& frames, const Weights& predictor, const VideoConfig& config, int layer,
                     std::int64_t chunk, const std::function<void(double share)>& progress)
      : frames_(frames),
        predictor_(predictor),
        heads_(config.heads),
        level_(std::size_t(layer) % frames.levels()),
        chunk_(chunk),
        progress_(progress),
        attention_(predictor / "transformer_cross_attention_layers" / layer / "multihead_attn") {}

  /// x, query_pos: [1, Q, C]. embedding: [1, Q, E], of the masks that restrict the attention.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& embedding) const {
    const at::Tensor queries = split_heads(attention_projection(x[0] + query_pos[0], attention_, kQueries), heads_);
    const at::Tensor bounded = attend(queries, embedding);
    return linear(bounded.transpose(0, 1).flatten(1), attention_ / "out_proj").unsqueeze(0);
  }

 private:
  at::Tensor attend(const at::Tensor& queries, const at::Tensor& embedding) const {
    StreamedAttention inside(queries);
    for_each_chunk([&](std::int64_t first, std::int64_t count, const at::Tensor& level) {
      const MaskBasis basis = mask_basis(frames_.mask_features(first, count).unsqueeze(0), predictor_);
      add(inside, level, first, inside_masks(embedding, resized(basis, level.size(2), level.size(3)))[0]);
    });
    at::Tensor result = inside.result();
    const at::Tensor nowhere = inside.nowhere().nonzero().flatten();
    if (nowhere.numel() == 0) return result;
    StreamedAttention everywhere(queries.index_select(1, nowhere));
    for_each_chunk([&](std::int64_t first, std::int64_t count, const at::Tensor& level) {
      const auto tokens = count * level.size(2) * level.size(3);
      add(everywhere, level, first, at::ones({nowhere.numel(), tokens}, level.options().dtype(at::kBool)));
    });
    return result.index_copy(1, nowhere, everywhere.result());
  }

  void for_each_chunk(const std::function<void(std::int64_t, std::int64_t, const at::Tensor&)>& work) const {
    for (std::int64_t first = 0; first < frames_.frames(); first += chunk_) {
      const auto count = std::min(chunk_, frames_.frames() - first);
      work(first, count, frames_.level(level_, first, count));
      if (progress_) progress_(double(first + count) / double(frames_.frames()));
    }
  }

  /// `level` [count, C, h, w]; attend [Q, count * h * w].
  void add(StreamedAttention& attention, const at::Tensor& level, std::int64_t first, const at::Tensor& attend) const {
    const auto tokens = [](const at::Tensor& maps) { return maps.permute({0, 2, 3, 1}).flatten(0, 2); };
    const at::Tensor memory = tokens(level) + predictor_["level_embed.weight"][std::int64_t(level_)];
    const at::Tensor position = tokens(sine_position_3d(level.size(1), frames_.frames(), level.size(2), level.size(3),
                                                        level, first, level.size(0))[0]);
    attention.add(split_heads(attention_projection(memory + position, attention_, kKeys), heads_),
                  split_heads(attention_projection(memory, attention_, kValues), heads_), attend);
  }

  const FrameStore& frames_;
  const Weights predictor_;
  const int heads_;
  const std::size_t level_;
  const std::int64_t chunk_;
  const std::function<void(double share)>& progress_;
  const Weights attention_;
};

}  // namespace

StreamedAttention::StreamedAttention(const at::Tensor& queries)
    : queries_(queries / std::sqrt(double(queries.size(2)))),
      peak_(at::full({queries.size(0), queries.size(1), 1}, kNever, queries.options())),
      sum_(at::zeros_like(peak_)),
      mixed_(at::zeros_like(queries)) {}

void StreamedAttention::add(const at::Tensor& keys, const at::Tensor& values, const at::Tensor& attend) {
  const at::Tensor scores = queries_.matmul(keys.transpose(1, 2)).masked_fill_(attend.logical_not(), kNever);
  const at::Tensor peak = at::maximum(peak_, scores.amax(-1, true));
  const at::Tensor base = peak.masked_fill(peak.eq(kNever), 0);  // -inf - -inf would be NaN
  const at::Tensor shares = (scores - base).exp_(), shrink = (peak_ - base).exp_();
  sum_ = sum_ * shrink + shares.sum(-1, true);
  mixed_ = mixed_ * shrink + shares.matmul(values);
  peak_ = peak;
}

LongClip decode_long_clip(const FrameStore& frames, const Weights& w, const VideoConfig& config, std::int64_t chunk,
                          const std::function<void(double share)>& progress) {
  const Weights predictor = w / "sem_seg_head" / "predictor";
  at::Tensor x = predictor["query_feat.weight"].unsqueeze(0);
  const at::Tensor query_pos = predictor["query_embed.weight"].unsqueeze(0);
  const auto queries = [&] { return layer_norm(x, predictor / "decoder_norm"); };
  const Weights layers = predictor / "transformer_cross_attention_layers";
  const int count = layers.count();
  for (int i = 0; i < count; ++i) {
    double reached = 0;  // a second pass over the frames does not go back
    const std::function<void(double)> layer_progress = [&](double share) {
      reached = std::max(reached, share);
      if (progress) progress((i + reached) / count);
    };
    const LongCrossAttention cross(frames, predictor, config, i, chunk, layer_progress);
    x = layer_norm(x + cross(x, query_pos, mask_embedding(queries(), predictor)), layers / i / "norm");
    x = self_attention(x, query_pos, predictor / "transformer_self_attention_layers" / i, config.heads);
    x = feed_forward(x, predictor / "transformer_ffn_layers" / i);
  }
  return {linear(queries(), predictor / "class_embed")[0], mask_embedding(queries(), predictor)[0]};
}

at::Tensor long_clip_masks(const at::Tensor& embedding, const FrameStore& frames, std::int64_t first,
                           std::int64_t count, const Weights& w) {
  const MaskBasis basis = mask_basis(frames.mask_features(first, count).unsqueeze(0), w / "sem_seg_head" / "predictor");
  return mask_logits(embedding.unsqueeze(0), basis)[0];
}

}  // namespace vcl
