// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/pixel_decoder.hpp"

#include "libvcl/engine/nn/deformable_attention.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/positions.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kStages = 4;  // res2 to res5

/// [N, C, h, w] -> [N, h * w, C]
at::Tensor to_tokens(const at::Tensor& x) {
  return x.flatten(2).transpose(1, 2);
}

/// Encodes the coarsest levels jointly and returns them as maps, coarse to fine.
std::vector<at::Tensor> encode(const std::vector<at::Tensor>& maps, const Weights& w, const VideoConfig& config) {
  std::vector<GridSize> levels;
  std::vector<at::Tensor> tokens, positions;
  for (std::size_t l = 0; l < maps.size(); ++l) {
    const at::Tensor& map = maps[l];
    levels.emplace_back(map.size(2), map.size(3));
    tokens.push_back(to_tokens(map));
    positions.push_back(to_tokens(sine_position_2d(map.size(1), map.size(2), map.size(3), map)) + w["level_embed"][l]);
  }
  at::Tensor x = at::cat(tokens, 1);
  const at::Tensor pos = at::cat(positions, 1);
  const Weights layers = w / "encoder" / "layers";
  const int depth = layers.count();
  for (int i = 0; i < depth; ++i) x = encoder_layer(x, pos, levels, layers / i, config);

  std::vector<at::Tensor> encoded;
  std::int64_t start = 0;
  for (const auto& [height, width] : levels) {
    encoded.push_back(x.narrow(1, start, height * width).unflatten(1, {height, width}).permute({0, 3, 1, 2}));
    start += height * width;
  }
  return encoded;
}

}  // namespace

int fpn_steps(const Weights& w) {
  int steps = 0;
  while (w.has("adapter_" + std::to_string(steps + 1))) ++steps;
  return steps;
}

at::Tensor encoder_attention(const at::Tensor& src, const at::Tensor& pos, const std::vector<GridSize>& levels,
                             const Weights& w, const VideoConfig& config) {
  const at::Tensor attended =
      deformable_attention(src + pos, src, levels, w / "self_attn", config.heads, config.encoder_points);
  return layer_norm(src + attended, w / "norm1");
}

at::Tensor encoder_layer(const at::Tensor& src, const at::Tensor& pos, const std::vector<GridSize>& levels,
                         const Weights& w, const VideoConfig& config) {
  const at::Tensor x = encoder_attention(src, pos, levels, w, config);
  const at::Tensor hidden = linear(x, w / "linear1").relu_();
  return layer_norm(x + linear(hidden, w / "linear2"), w / "norm2");
}

FrameFeatures pixel_decoder(const std::vector<at::Tensor>& features, const Weights& w, const VideoConfig& config) {
  const int transformer_levels = (w / "input_proj").count();
  const int steps = fpn_steps(w), finest = int(features.size()) - transformer_levels - steps;
  if (finest < 0)
    throw Error(ErrorKind::Unreadable, "the pixel decoder has more levels than the backbone has features");
  // All features except those of the stem must be used. Callers of the decoder alone pass features without the stem.
  if (finest > int(features.size()) - kStages)
    throw Error(ErrorKind::Unreadable, "the pixel decoder leaves out features of the backbone: adapter_" +
                                           std::to_string(steps + 1) + " is missing");
  std::vector<at::Tensor> maps;
  for (int l = 0; l < transformer_levels; ++l) {
    const Weights projection = w / "input_proj" / l;
    maps.push_back(
        group_norm(conv2d(features[features.size() - 1 - l], projection / 0), projection / 1, config.norm_groups));
  }
  std::vector<at::Tensor> pyramid = encode(maps, w / "transformer", config);

  for (int k = steps; k >= 1; --k) {
    const Weights adapter = w / ("adapter_" + std::to_string(k)), layer = w / ("layer_" + std::to_string(k));
    const at::Tensor& fine = features.at(std::size_t(finest + k - 1));
    const at::Tensor lateral = group_norm(conv2d(fine, adapter), adapter / "norm", config.norm_groups);
    const at::Tensor sum = lateral + resize_bilinear(pyramid.back(), fine.size(2), fine.size(3));
    pyramid.push_back(group_norm(conv2d(sum, layer), layer / "norm", config.norm_groups).relu_());
  }
  const at::Tensor mask_features = conv2d(pyramid.back(), w / "mask_features");
  pyramid.resize(3);
  return {pyramid, mask_features, {}};
}

}  // namespace vcl
