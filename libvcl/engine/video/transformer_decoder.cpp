// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/transformer_decoder.hpp"

#include <c10/core/GradMode.h>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/positions.hpp"

namespace vcl {
namespace {

/// [N, C, h, w] -> [N, h * w, C]
at::Tensor tokens(const at::Tensor& x) {
  return x.flatten(2).transpose(1, 2);
}

using Memories = std::span<const FrameMemory* const>;

/// Concatenates a part of all frames to one tensor.
template <typename Part>
at::Tensor joined(Memories memory, int dimension, Part part) {
  if (memory.size() == 1) return part(*memory.front());
  std::vector<at::Tensor> parts;
  for (const FrameMemory* frames : memory) parts.push_back(part(*frames));
  return at::cat(parts, dimension);
}

/// Concatenates the bases of all frames and divides them into `clips` clips.
template <typename Part>
MaskBasis clip_basis(Memories memory, std::int64_t clips, Part part) {
  const at::Tensor features =
      joined(memory, 1, [&](const FrameMemory& frames) { return part(frames).features; }).squeeze(0);
  return {features.unflatten(0, {clips, features.size(0) / clips}), part(*memory.front()).place};
}

/// Returns the keys and values of a layer for each clip, [B, T * h * w, C], with the codes of time [T, C]. They are
/// concatenated per layer, so that copies of only one layer exist at a time.
LayerMemory clip_memory(Memories memory, std::size_t layer, const at::Tensor& time, const Weights& w) {
  const at::Tensor added = at::matmul(time, w["multihead_attn.in_proj_weight"].chunk(3)[kKeys].t());
  const auto divided = [&](auto part) {  // [B, T, h * w, C]
    return joined(memory, 0, [&](const FrameMemory& frames) { return frames.layers[layer].*part; })
        .unflatten(0, {-1, time.size(0)});
  };
  return {(divided(&LayerMemory::keys) + added.unsqueeze(1)).flatten(1, 2),
          divided(&LayerMemory::values).flatten(1, 2)};
}

constexpr std::int64_t kPlaceChannels = 6;

/// Returns the monomials of x and y up to degree two, for networks with anchored queries: [kPlaceChannels, h, w].
at::Tensor place_channels(std::int64_t height, std::int64_t width, const at::Tensor& like) {
  const at::Tensor y = ((at::arange(height, like.options()) + 0.5) / height).unsqueeze(1).expand({height, width});
  const at::Tensor x = ((at::arange(width, like.options()) + 0.5) / width).unsqueeze(0).expand({height, width});
  return at::stack({x, y, x * x, y * y, x * y, at::ones_like(x)});
}

/// Returns the basis at stride 4, averaged if it has stride 2. This is enough for predictions that only serve training.
MaskBasis at_stride_4(const MaskBasis& basis, const MaskBasis& of_stride_8) {
  const std::int64_t height = 2 * of_stride_8.features.size(3), width = 2 * of_stride_8.features.size(4);
  return basis.features.size(3) > height ? resized(basis, height, width) : basis;
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
  // The last channels, added to those that each query has learned.
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

LayerMemory layer_memory(const at::Tensor& memory, const at::Tensor& placed_memory, const Weights& w) {
  const Weights attention = w / "multihead_attn";
  return {attention_projection(placed_memory, attention, kKeys), attention_projection(memory, attention, kValues)};
}

void FrameMemory::make_contiguous() {
  basis.features = basis.features.contiguous();
  for (MaskBasis& level : level_basis) level.features = level.features.contiguous();
}

FrameMemory frame_memory(const FrameFeatures& features, const Weights& w) {
  FrameMemory frames;
  frames.basis = mask_basis(features.mask_features.unsqueeze(0), w);
  std::vector<at::Tensor> memory, placed_memory;
  for (std::size_t l = 0; l < features.levels.size(); ++l) {
    const at::Tensor& level = features.levels[l];
    memory.push_back(tokens(level) + w["level_embed.weight"][l]);
    placed_memory.push_back(memory.back() +
                            tokens(sine_position_2d(level.size(1), level.size(2), level.size(3), level)));
    frames.level_basis.push_back(resized(frames.basis, level.size(2), level.size(3)));
  }
  const Weights layers = w / "transformer_cross_attention_layers";
  for (int i = 0; i < layers.count(); ++i) {
    const std::size_t l = i % memory.size();
    frames.layers.push_back(layer_memory(memory[l], placed_memory[l], layers / i));
  }
  return frames;
}

at::Tensor cross_attention(const at::Tensor& x, const at::Tensor& query_pos, const LayerMemory& memory,
                           const at::Tensor& attend, const Weights& w, int heads) {
  const at::Tensor seen =
      attend_to(x + query_pos, memory.keys, memory.values, w / "multihead_attn", heads, attend.unsqueeze(1));
  return layer_norm(x + seen, w / "norm");
}

at::Tensor self_attention(const at::Tensor& x, const at::Tensor& query_pos, const Weights& w, int heads) {
  const at::Tensor placed = x + query_pos;
  return layer_norm(x + multihead_attention(placed, placed, x, w / "self_attn", heads), w / "norm");
}

at::Tensor feed_forward(const at::Tensor& x, const Weights& w) {
  return layer_norm(x + linear(linear(x, w / "linear1").relu_(), w / "linear2"), w / "norm");
}

std::vector<Prediction> transformer_decoder(std::span<const FrameMemory* const> memory, std::int64_t clips,
                                            const Weights& w, const VideoConfig& config, bool all) {
  const MaskBasis basis = clip_basis(memory, clips, [](const FrameMemory& frames) { return frames.basis; });
  std::vector<MaskBasis> level_basis;
  for (std::size_t l = 0; l < memory.front()->level_basis.size(); ++l)
    level_basis.push_back(clip_basis(memory, clips, [l](const FrameMemory& frames) { return frames.level_basis[l]; }));
  const at::Tensor query_feat = w["query_feat.weight"], query_pos = w["query_embed.weight"].unsqueeze(0);
  const at::Tensor time = sine_time(query_feat.size(1), basis.features.size(1), query_feat);

  const MaskBasis earlier_basis = all ? at_stride_4(basis, level_basis.back()) : MaskBasis();

  at::Tensor x = query_feat.unsqueeze(0).expand({clips, -1, -1});
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < memory.front()->layers.size(); ++i) {
    const Weights cross = w / "transformer_cross_attention_layers" / int(i);
    if (all) predictions.push_back(predict(x, earlier_basis, w));
    const at::Tensor attend = attention_mask(layer_norm(x, w / "decoder_norm"), level_basis[i % level_basis.size()], w);
    x = cross_attention(x, query_pos, clip_memory(memory, i, time, cross), attend, cross, config.heads);
    x = self_attention(x, query_pos, w / "transformer_self_attention_layers" / int(i), config.heads);
    x = feed_forward(x, w / "transformer_ffn_layers" / int(i));
  }
  predictions.push_back(predict(x, basis, w));
  return predictions;
}

}  // namespace vcl
