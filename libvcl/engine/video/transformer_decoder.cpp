// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/video/transformer_decoder.hpp"

#include <c10/core/GradMode.h>

#include "engine/nn/layers.hpp"
#include "engine/nn/positions.hpp"

namespace vcl {
namespace {

/// [B * T, C, h, w] -> [B, T * h * w, C]
at::Tensor clip_tokens(const at::Tensor& x, std::int64_t clips) {
  return x.unflatten(0, {clips, x.size(0) / clips}).permute({0, 1, 3, 4, 2}).flatten(1, 3);
}

constexpr std::int64_t kPlaceChannels = 6;

/// The second-degree monomials of the place, for networks whose queries own a place: [kPlaceChannels, h, w].
at::Tensor place_channels(std::int64_t height, std::int64_t width, const at::Tensor& like) {
  const at::Tensor y = ((at::arange(height, like.options()) + 0.5) / height).unsqueeze(1).expand({height, width});
  const at::Tensor x = ((at::arange(width, like.options()) + 0.5) / width).unsqueeze(0).expand({height, width});
  return at::stack({x, y, x * x, y * y, x * y, at::ones_like(x)});
}

}  // namespace

MaskBasis mask_basis(const at::Tensor& mask_features, const Weights& w) {
  if (!w.has("mask_position")) return {mask_features, {}};
  return {mask_features, place_channels(mask_features.size(3), mask_features.size(4), mask_features)};
}

MaskBasis resized(const MaskBasis& basis, std::int64_t height, std::int64_t width) {
  const auto [clips, frames] = std::pair(basis.features.size(0), basis.features.size(1));
  const at::Tensor features = resize_bilinear(basis.features.flatten(0, 1), height, width);
  const at::Tensor place =
      basis.place.defined() ? resize_bilinear(basis.place.unsqueeze(0), height, width)[0] : at::Tensor();
  return {features.unflatten(0, {clips, frames}), place};
}

at::Tensor mask_embedding(const at::Tensor& queries, const Weights& w) {
  const at::Tensor embedding = mlp(queries, w / "mask_embed" / "layers");
  if (!w.has("mask_position")) return embedding;
  // The last channels, on top of what each query has learned.
  return embedding + at::constant_pad_nd(w["mask_position.weight"], {embedding.size(2) - kPlaceChannels, 0});
}

at::Tensor mask_logits(const at::Tensor& embedding, const MaskBasis& basis) {
  const std::int64_t channels = basis.features.size(2), height = basis.features.size(3), width = basis.features.size(4);
  const at::Tensor by_frame = embedding.narrow(2, 0, channels).unsqueeze(1);  // [B, 1, Q, C]
  const at::Tensor masks = at::matmul(by_frame, basis.features.flatten(3)).transpose(1, 2);
  if (!basis.place.defined()) return masks.unflatten(3, {height, width});
  const at::Tensor place = embedding.slice(2, channels);
  return (masks + at::matmul(place, basis.place.flatten(1)).unsqueeze(2)).unflatten(3, {height, width});
}

at::Tensor inside_masks(const at::Tensor& embedding, const MaskBasis& basis) {
  const c10::NoGradGuard no_gradients;
  return mask_logits(embedding, basis).ge(0).flatten(2);
}

at::Tensor attention_mask(const at::Tensor& queries, const MaskBasis& basis, const Weights& w) {
  const c10::NoGradGuard no_gradients;
  const at::Tensor attend = inside_masks(mask_embedding(queries, w), basis);
  return attend.logical_or(attend.any(-1, true).logical_not());
}

Prediction predict(const at::Tensor& x, const MaskBasis& basis, const Weights& w) {
  const at::Tensor queries = layer_norm(x, w / "decoder_norm");
  return {linear(queries, w / "class_embed"), mask_logits(mask_embedding(queries, w), basis), queries};
}

at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const at::Tensor& memory,
                           const at::Tensor& placed_memory, const at::Tensor& attend, const Weights& w, int heads) {
  const at::Tensor seen =
      multihead_attention(x + query_pos, placed_memory, memory, w / "multihead_attn", heads, attend.unsqueeze(1));
  return layer_norm(x + seen, w / "norm");
}

at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads) {
  const at::Tensor placed = x + query_pos;
  return layer_norm(x + multihead_attention(placed, placed, x, w / "self_attn", heads), w / "norm");
}

at::Tensor feed_forward(const at::Tensor& x, const Weights& w) {
  return layer_norm(x + linear(linear(x, w / "linear1").relu_(), w / "linear2"), w / "norm");
}

std::vector<Prediction> transformer_decoder(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                            const VideoConfig& config, bool all) {
  const std::int64_t frames = features.mask_features.size(0) / clips;
  const std::int64_t channels = w["query_feat.weight"].size(1);
  const MaskBasis basis = mask_basis(features.mask_features.unflatten(0, {clips, frames}), w);
  std::vector<at::Tensor> memory, placed_memory;
  std::vector<MaskBasis> level_basis;
  for (std::size_t l = 0; l < features.levels.size(); ++l) {
    const at::Tensor& level = features.levels[l];
    const at::Tensor pos = sine_position_3d(channels, frames, level.size(2), level.size(3), level);
    memory.push_back(clip_tokens(level, clips) + w["level_embed.weight"][l]);
    placed_memory.push_back(memory.back() + clip_tokens(pos.squeeze(0), 1));
    level_basis.push_back(resized(basis, level.size(2), level.size(3)));
  }

  at::Tensor x = w["query_feat.weight"].unsqueeze(0).expand({clips, -1, -1});
  const at::Tensor query_pos = w["query_embed.weight"].unsqueeze(0);
  std::vector<Prediction> predictions;
  const int layers = (w / "transformer_cross_attention_layers").count();
  for (int i = 0; i < layers; ++i) {
    const std::size_t l = i % features.levels.size();
    if (all) predictions.push_back(predict(x, basis, w));
    const at::Tensor attend = attention_mask(layer_norm(x, w / "decoder_norm"), level_basis[l], w);
    x = cross_attention(x, query_pos, memory[l], placed_memory[l], attend, w / "transformer_cross_attention_layers" / i,
                        config.heads);
    x = self_attention(x, query_pos, w / "transformer_self_attention_layers" / i, config.heads);
    x = feed_forward(x, w / "transformer_ffn_layers" / i);
  }
  predictions.push_back(predict(x, basis, w));
  return predictions;
}

}  // namespace vcl
