// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/initialise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/video/pixel_decoder.hpp"

namespace vcl::train {
namespace {

/// Adds tensors to the map, below a prefix.
class Builder {
 public:
  Builder(TensorMap& map, std::string prefix) : map_(map), prefix_(std::move(prefix)) {}
  Builder operator/(const std::string& child) const { return Builder(map_, prefix_ + child + "."); }
  Builder operator/(int index) const { return *this / std::to_string(index); }

  at::Tensor& set(const std::string& name, at::Tensor value) const { return map_[prefix_ + name] = std::move(value); }
  at::Tensor get(const std::string& name) const { return map_.at(prefix_ + name); }
  void uniform(const std::string& name, at::IntArrayRef shape, double bound) const {
    set(name, at::empty(shape).uniform_(-bound, bound));
  }
  void zeros(const std::string& name, at::IntArrayRef shape) const { set(name, at::zeros(shape)); }

  void norm(std::int64_t channels) const {
    set("weight", at::ones({channels}));
    zeros("bias", {channels});
  }
  /// Adds a convolution and its trainable batch norm (detectron2's names).
  void conv_batch_norm(std::int64_t in, std::int64_t out, std::int64_t kernel) const {
    set("weight", at::randn({out, in, kernel, kernel}) * std::sqrt(2.0 / double(out * kernel * kernel)));
    const Builder norm = *this / "norm";
    norm.norm(out);
    norm.zeros("running_mean", {out});
    norm.set("running_var", at::ones({out}));
    norm.set("num_batches_tracked", at::zeros({}, at::kLong));
  }
  void conv(std::int64_t in, std::int64_t out, std::int64_t kernel, bool bias) const {
    uniform("weight", {out, in, kernel, kernel}, std::sqrt(3.0 / double(in * kernel * kernel)));
    if (bias) zeros("bias", {out});
  }
  void xavier(std::int64_t in, std::int64_t out) const {
    uniform("weight", {out, in}, std::sqrt(6.0 / double(in + out)));
    zeros("bias", {out});
  }
  void attention(std::int64_t channels) const {
    uniform("in_proj_weight", {3 * channels, channels}, std::sqrt(6.0 / double(4 * channels)));
    zeros("in_proj_bias", {3 * channels});
    (*this / "out_proj").xavier(channels, channels);
  }

 private:
  TensorMap& map_;
  std::string prefix_;
};

void backbone(const Builder& b, const NetworkSizes& sizes) {
  (b / "stem" / "conv1").conv_batch_norm(3, sizes.stem, 3);
  std::int64_t in = sizes.stem;
  for (std::size_t s = 0; s < sizes.stages.size(); ++s) {
    const std::int64_t out = sizes.stages[s];
    for (int k = 0; k < sizes.blocks; ++k) {
      const Builder block = b / ("res" + std::to_string(s + 2)) / k;
      (block / "conv1").conv_batch_norm(in, out, 3);
      (block / "conv2").conv_batch_norm(out, out, 3);
      if (k == 0) (block / "shortcut").conv_batch_norm(in, out, 1);
      in = out;
    }
  }
}

/// Returns offsets of 1..n cells, in a different direction for each head (method.md 5.3).
at::Tensor offset_directions(int heads, int levels, int points) {
  at::Tensor bias = at::empty({heads, levels, points, 2});
  for (int h = 0; h < heads; ++h) {
    const double angle = 2 * std::numbers::pi * h / heads, x = std::cos(angle), y = std::sin(angle);
    const double longest = std::max(std::abs(x), std::abs(y));
    for (int p = 0; p < points; ++p) {
      bias.select(0, h).select(1, p).select(1, 0).fill_(x / longest * (p + 1));
      bias.select(0, h).select(1, p).select(1, 1).fill_(y / longest * (p + 1));
    }
  }
  return bias.flatten();
}

void pixel_decoder(const Builder& b, const NetworkSizes& sizes) {
  const std::int64_t c = sizes.hidden, mixes = std::int64_t(sizes.heads) * sizes.encoder_levels * sizes.encoder_points;
  const int fpn_steps = int(sizes.stages.size()) - sizes.encoder_levels;
  for (int l = 0; l < sizes.encoder_levels; ++l) {
    (b / "input_proj" / l / 0).conv(sizes.stages[sizes.stages.size() - 1 - l], c, 1, true);
    (b / "input_proj" / l / 1).norm(c);
  }
  (b / "transformer").set("level_embed", at::randn({sizes.encoder_levels, c}));
  for (int i = 0; i < sizes.encoder_layers; ++i) {
    const Builder layer = b / "transformer" / "encoder" / "layers" / i, attention = layer / "self_attn";
    (attention / "sampling_offsets").zeros("weight", {2 * mixes, c});
    (attention / "sampling_offsets")
        .set("bias", offset_directions(sizes.heads, sizes.encoder_levels, sizes.encoder_points));
    (attention / "attention_weights").zeros("weight", {mixes, c});
    (attention / "attention_weights").zeros("bias", {mixes});
    (attention / "value_proj").xavier(c, c);
    (attention / "output_proj").xavier(c, c);
    (layer / "norm1").norm(c);
    (layer / "linear1").xavier(c, sizes.ffn);
    (layer / "linear2").xavier(sizes.ffn, c);
    (layer / "norm2").norm(c);
  }
  for (int k = 1; k <= fpn_steps; ++k) {
    const std::string index = std::to_string(k);
    (b / ("adapter_" + index)).conv(sizes.stages[k - 1], c, 1, false);
    (b / ("adapter_" + index) / "norm").norm(c);
    (b / ("layer_" + index)).conv(c, c, 3, false);
    (b / ("layer_" + index) / "norm").norm(c);
  }
  (b / "mask_features").conv(c, c, 1, true);
}

/// Returns the engine's sine encoding (method.md 5.4) of any position in [0, 1].
at::Tensor place_code(double place, std::int64_t channels) {
  at::Tensor code = at::empty({channels});
  for (std::int64_t i = 0; i < channels; ++i) {
    const double phase = 2 * std::numbers::pi * place / std::pow(10000.0, 2.0 * double(i / 2) / double(channels));
    code[i] = i % 2 == 0 ? std::sin(phase) : std::cos(phase);
  }
  return code;
}

/// method.md 5.9.
void anchored_queries(const Builder& b, const NetworkSizes& sizes) {
  const std::int64_t queries = std::int64_t(sizes.query_columns) * sizes.query_rows;
  b.set("query_feat.weight", at::randn({queries, sizes.hidden}) * 0.2);
  at::Tensor& places = b.set("query_embed.weight", at::empty({queries, sizes.hidden}));
  at::Tensor& position = b.set("mask_position.weight", at::empty({queries, 6}));
  for (std::int64_t q = 0; q < queries; ++q) {
    const double x = (double(q % sizes.query_columns) + 0.5) / sizes.query_columns;
    const double y = (double(q / sizes.query_columns) + 0.5) / sizes.query_rows;
    places[q] = at::cat({place_code(y, sizes.hidden / 2), place_code(x, sizes.hidden / 2)});
    // 3 (0.35 - squared distance), expanded over the channels x, y, x^2, y^2, xy, 1.
    position[q] = at::tensor({6 * x, 6 * y, -3.0, -3.0, 0.0, 3 * (0.35 - x * x - y * y)}, at::kFloat);
  }
}

void predictor(const Builder& b, const NetworkSizes& sizes) {
  const std::int64_t c = sizes.hidden;
  for (int i = 0; i < sizes.decoder_layers; ++i) {
    const Builder cross = b / "transformer_cross_attention_layers" / i,
                  self = b / "transformer_self_attention_layers" / i;
    const Builder ffn = b / "transformer_ffn_layers" / i, cross_attention = cross / "multihead_attn";
    cross_attention.attention(c);
    // Keys resemble queries, so that a query attends to places with a similar position encoding.
    const at::Tensor projection = cross_attention.get("in_proj_weight");
    projection.narrow(0, c, c).copy_(1.5 * projection.narrow(0, 0, c));
    (cross / "norm").norm(c);
    (self / "self_attn").attention(c);
    (self / "norm").norm(c);
    (ffn / "linear1").xavier(c, sizes.ffn);
    (ffn / "linear2").xavier(sizes.ffn, c);
    (ffn / "norm").norm(c);
  }
  (b / "decoder_norm").norm(c);
  (b / "level_embed").set("weight", at::randn({3, c}));
  (b / "class_embed").xavier(c, 2);
  const Builder mask_embed = b / "mask_embed" / "layers";
  (mask_embed / 0).xavier(c, c);
  (mask_embed / 1).xavier(c, c);
  (mask_embed / 2).xavier(c, c + 6);
  (mask_embed / 2).get("weight").narrow(0, c, 6).zero_();  // masks start as the anchor alone
  anchored_queries(b, sizes);
}

}  // namespace

Model initialise_network(const NetworkSizes& sizes) {
  TensorMap map;
  backbone(Builder(map, "backbone."), sizes);
  Model model = initialise_head(sizes);
  model.weights.tensors().merge(map);
  return model;
}

Model initialise_head(const NetworkSizes& sizes) {
  TensorMap map;
  const Builder root(map, "");
  pixel_decoder(root / "sem_seg_head" / "pixel_decoder", sizes);
  predictor(root / "sem_seg_head" / "predictor", sizes);
  Model model;
  model.config = {{"architecture", "video_mask2former"},
                  {"heads", sizes.heads},
                  {"encoder_points", sizes.encoder_points},
                  {"norm_groups", sizes.norm_groups},
                  {"stem_pool", false},
                  {"min_stride", 32},
                  {"canvas_pixels", sizes.canvas_pixels},
                  {"window", 3},
                  {"stride", 1},
                  {"threads", 1},  // its operations are too small to parallelize
                  {"border_prior", 1},
                  {"motion_prior", 1},
                  {"color_refinement", 1},
                  {"typical_share", 0.05},
                  {"duplicate_iou", 0.7},
                  {"overlap", 0},
                  {"threshold", 0.1}};
  model.weights = Weights(std::move(map));
  return model;
}

void initialise_predictor(Weights& w, const NetworkSizes& sizes) {
  predictor(Builder(w.tensors(), "sem_seg_head.predictor."), sizes);
}

void add_fine_masks(Model& model) {
  constexpr int kMaps = 5;  // of resnet()
  Weights& w = model.weights;
  const Weights decoder = w / "sem_seg_head" / "pixel_decoder";
  const int steps = fpn_steps(decoder);
  if ((decoder / "input_proj").count() + steps == kMaps) return;
  TensorMap map;
  for (const auto& [name, tensor] : w.tensors()) {
    std::string moved = name;
    for (const std::string layer : {"pixel_decoder.adapter_", "pixel_decoder.layer_"})
      if (const std::size_t at = name.find(layer); at != std::string::npos) {
        const std::size_t digit = at + layer.size();
        moved.replace(digit, 1, std::to_string(name[digit] - '0' + 1));
      }
    map[moved] = tensor;
  }
  const std::int64_t stem = w["backbone.stem.conv1.weight"].size(0);
  const std::int64_t hidden = decoder["mask_features.weight"].size(0), half = hidden / 2;
  const Builder b(map, "sem_seg_head.pixel_decoder.");
  (b / "adapter_1").conv(stem, hidden, 1, false);
  (b / "adapter_1" / "norm").norm(hidden);
  (b / "layer_1").conv(hidden, half, 3, false);
  (b / "layer_1" / "norm").norm(half);
  (b / "mask_features").conv(half, hidden, 1, true);
  w.tensors() = std::move(map);
}

void add_motion(Model& model, const std::vector<int>& neighbours) {
  model.config["motion"] = {{"neighbours", neighbours}};
  model.config.erase("motion_prior");  // the network now sees the motion that the prior stood for
  at::Tensor& stem = model.weights.tensors().at("backbone.stem.conv1.weight");
  stem = at::constant_pad_nd(stem, {0, 0, 0, 0, 0, kMotionPlanes * std::int64_t(neighbours.size())})
             .contiguous(at::MemoryFormat::ChannelsLast);
  const std::int64_t hidden = model.weights["sem_seg_head.pixel_decoder.mask_features.weight"].size(0);
  Builder(model.weights.tensors(), "sem_seg_head.moves.").conv(hidden, 1, 1, true);
}

void add_dense_head(Weights& w, std::int64_t hidden) {
  Builder(w.tensors(), "dense_head.").conv(hidden, 1, 1, true);
}

}  // namespace vcl::train
