// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/video/transformer_decoder.hpp"

#include "engine/nn/layers.hpp"
#include "engine/nn/positions.hpp"

namespace vcl {
namespace {

/// [B * T, C, h, w] -> [B, T * h * w, C]
at::Tensor clip_tokens(const at::Tensor& x, std::int64_t clips) {
  return x.unflatten(0, {clips, x.size(0) / clips}).permute({0, 1, 3, 4, 2}).flatten(1, 3);
}

/// The second-degree monomials of the place, for networks whose queries own a place: [6, h, w].
at::Tensor place_channels(std::int64_t height, std::int64_t width, const at::Tensor& like) {
  const at::Tensor y = ((at::arange(height, like.options()) + 0.5) / height).unsqueeze(1).expand({height, width});
  const at::Tensor x = ((at::arange(width, like.options()) + 0.5) / width).unsqueeze(0).expand({height, width});
  return at::stack({x, y, x * x, y * y, x * y, at::ones_like(x)});
}

}  // namespace

at::Tensor attention_mask(const at::Tensor& masks, std::int64_t height, std::int64_t width) {
  const at::Tensor resized = resize_bilinear(masks.detach().flatten(0, 1), height, width);  // [B * Q, T, h, w]
  const at::Tensor attend = resized.ge(0).unflatten(0, {masks.size(0), masks.size(1)}).flatten(2);
  return attend.logical_or(attend.any(-1, true).logical_not());
}

Prediction predict(const at::Tensor& x, const at::Tensor& mask_features, const Weights& w) {
  const at::Tensor queries = layer_norm(x, w / "decoder_norm");
  const at::Tensor embedding = mlp(queries, w / "mask_embed" / "layers");
  const std::int64_t channels = mask_features.size(2);
  at::Tensor masks = at::einsum("bqc,btchw->bqthw", {embedding.narrow(2, 0, channels), mask_features});
  if (w.has("mask_position")) {
    const at::Tensor place = embedding.slice(2, channels) + w["mask_position.weight"];
    const at::Tensor channels6 = place_channels(mask_features.size(3), mask_features.size(4), mask_features);
    masks = masks + at::einsum("bqk,khw->bqhw", {place, channels6}).unsqueeze(2);
  }
  return {linear(queries, w / "class_embed"), masks, queries};
}

at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& memory,
                           const at::Tensor& memory_pos, const at::Tensor& attend, const Weights& w, int heads) {
  const at::Tensor seen =
      multihead_attention(x + query_pos, memory + memory_pos, memory, w / "multihead_attn", heads, attend.unsqueeze(1));
  return layer_norm(x + seen, w / "norm");
}

at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads) {
  const at::Tensor placed = x + query_pos;
  return layer_norm(x + multihead_attention(placed, placed, x, w / "self_attn", heads), w / "norm");
}

at::Tensor feed_forward(const at::Tensor& x, const Weights& w) {
  return layer_norm(x + linear(at::relu(linear(x, w / "linear1")), w / "linear2"), w / "norm");
}

std::vector<Prediction> transformer_decoder(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                            const VideoConfig& config, bool all) {
  const std::int64_t frames = features.mask_features.size(0) / clips;
  const std::int64_t channels = w["query_feat.weight"].size(1);
  const at::Tensor mask_features = features.mask_features.unflatten(0, {clips, frames});
  std::vector<at::Tensor> memory, memory_pos;
  for (std::size_t l = 0; l < features.levels.size(); ++l) {
    const at::Tensor& level = features.levels[l];
    memory.push_back(clip_tokens(level, clips) + w["level_embed.weight"][l]);
    const at::Tensor pos = sine_position_3d(channels, frames, level.size(2), level.size(3), level);
    memory_pos.push_back(clip_tokens(pos.squeeze(0), 1));
  }

  at::Tensor x = w["query_feat.weight"].unsqueeze(0).expand({clips, -1, -1});
  const at::Tensor query_pos = w["query_embed.weight"].unsqueeze(0);
  std::vector<Prediction> predictions{predict(x, mask_features, w)};
  const int layers = (w / "transformer_cross_attention_layers").count();
  for (int i = 0; i < layers; ++i) {
    const std::size_t l = i % features.levels.size();
    const at::Tensor& level = features.levels[l];
    const at::Tensor attend = attention_mask(predictions.back().masks, level.size(2), level.size(3));
    x = cross_attention(x, query_pos, memory[l], memory_pos[l], attend, w / "transformer_cross_attention_layers" / i,
                        config.heads);
    x = self_attention(x, query_pos, w / "transformer_self_attention_layers" / i, config.heads);
    x = feed_forward(x, w / "transformer_ffn_layers" / i);
    Prediction prediction = predict(x, mask_features, w);
    if (!all) predictions.clear();
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace vcl
