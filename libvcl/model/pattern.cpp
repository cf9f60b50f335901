// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>
#include <span>

#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

/// The transform of a pattern value: scale * value + shift, rounded twice.
struct Affine {
  float scale, shift;
};

/// The scales of a vision transformer's tensors, by kind.
struct Rule {
  double token, positions, patch, patch_bias, out, out_bias, in, in_bias, norm, norm_bias;
};
const std::map<char, Rule> kRules = {{'A', {1, 0.5, 1, 0.1, 0.5, 0.1, 1.5, 0.1, 0.25, 0.1}},
                                     {'B', {1, 0.05, 1, 0.02, 0.15, 0.02, 1, 0.02, 0.1, 0.02}},
                                     {'C', {0.01, 0.005, 0.01, 0.001, 0.005, 0.001, 1.5, 0.1, 0.25, 0.1}}};

/// A kind of tensor in the video network.
struct Kind {
  const char* names;  // shell pattern
  double scale, shift = 0;
  bool per_input = false;  // the scale is for a sum over inputs of unit variance
};
constexpr bool kPerInput = true;

/// The first match counts. Variances, and inputs of the group norms, are near 2^-10, so that an eps of 1e-5 is visible.
/// Sampling offsets leave the image, and mask logits have both signs.
constexpr Kind kVideoKinds[] = {
    {"backbone.*.running_mean", 0x1p-6},
    {"backbone.*.running_var", 0x1p-10, 0x1.8p-10},
    {"backbone.*.conv3.norm.weight", 0.25, 0.5},
    {"backbone.*.norm.weight", 0.5, 1},
    {"backbone.*.norm.bias", 0.5, -0.25},
    {"backbone.*.weight", 0x9p-7 / std::numbers::sqrt2, 0, kPerInput},
    {"*.input_proj.?.0.weight", 0x1p-5, 0, kPerInput},
    {"*.input_proj.?.0.bias", 0x1p-6},
    {"*.input_proj.?.1.weight", 0.5, 1},
    {"*.input_proj.?.1.bias", 0.5},
    {"*.pixel_decoder.*_1.weight", 0x1p-5, 0, kPerInput},
    {"*.pixel_decoder.*_1.norm.weight", 0.5, 1},
    {"*.adapter_1.norm.bias", 0.5},
    {"*.layer_1.norm.bias", 0.5, -1},
    {"*.mask_features.weight", 0.5, 0, kPerInput},
    {"*.mask_features.bias", -0.1875},
    {"*.sampling_offsets.weight", 1.5, 0, kPerInput},
    {"*.sampling_offsets.bias", 2},
    {"*.encoder.*.norm?.weight", 0.5, 1},
    {"*.encoder.*.norm?.bias", 0.25},
    {"*.level_embed*", 1},
    {"*.predictor.*norm.weight", 0.125, 1},
    {"*.predictor.*norm.bias", 0x1p-4},
    {"*.in_proj_weight", 1.25, 0, kPerInput},
    {"*.self_attn.out_proj.weight", 0.15, 0, kPerInput},
    {"*.multihead_attn.out_proj.weight", 0.4, 0, kPerInput},
    {"*_ffn_layers.*.linear2.weight", 0.25, 0, kPerInput},
    {"*.query_feat.weight", 2},
    {"*.query_embed.weight", 1},
    {"*.class_embed.weight", 2, 0, kPerInput},
    {"*.class_embed.bias", 0.5},
    {"*.mask_embed.*.weight", 2, 0, kPerInput},
    {"*.mask_embed.layers.2.bias", -0.75},
    {"*.mask_embed.*.bias", 0.5, -1},
    {"sem_seg_head.*weight", 1, 0, kPerInput},
    {"sem_seg_head.*bias", 0.125},
    {"criterion.empty_weight", 0},  // a constant
};

const Kind* video_kind(const std::string& name) {
  const auto* kind =
      std::ranges::find_if(kVideoKinds, [&](const Kind& each) { return fnmatch(each.names, name.c_str(), 0) == 0; });
  return kind == std::end(kVideoKinds) ? nullptr : kind;
}

std::size_t product(const std::vector<std::int64_t>& shape) {
  return std::size_t(std::accumulate(shape.begin(), shape.end(), std::int64_t(1), std::multiplies<>()));
}

/// Returns the scale that gives the sum over all inputs of one output unit variance.
double spread(const std::vector<std::int64_t>& shape) {
  return std::sqrt(3 / (double(product(shape)) / double(shape[0])));
}

Affine of_video_network(const Kind& kind, const std::vector<std::int64_t>& shape) {
  return {float(kind.per_input ? kind.scale * spread(shape) : kind.scale), float(kind.shift)};
}

Affine of_transformer(const std::string& name, const std::vector<std::int64_t>& shape, const Rule& rule,
                      bool layer_scales) {
  const bool weight = name.ends_with("weight");
  const auto scaled = [](double scale) { return Affine{float(scale), 0}; };
  const double branch = layer_scales ? 2 : 1, attention_bias = layer_scales ? 5 : 1;  // so that scales and masks show
  const auto contains = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (name == "mask_token") return scaled(1);
  if (name.ends_with(".gamma")) return {0.6F, 0.4F};
  if (name.ends_with("_token") || name.ends_with("_tokens")) return scaled(rule.token);
  if (name == "pos_embed") return scaled(rule.positions);
  if (contains("norm")) return weight ? Affine{float(rule.norm), 1} : scaled(rule.norm_bias);
  if (name.starts_with("patch_embed")) return scaled(weight ? rule.patch * spread(shape) : rule.patch_bias);
  if (contains("attn.proj.") || contains("mlp.fc2.") || contains("mlp.w3."))
    return scaled(weight ? rule.out * branch * spread(shape) : rule.out_bias);
  if (contains("attn.qkv.bias")) return scaled(rule.in_bias * attention_bias);
  return scaled(weight ? rule.in * spread(shape) : rule.in_bias);
}

/// Returns the transform for a tensor. Its name shows the network that it belongs to.
Affine affine_of(const std::string& name, const std::vector<std::int64_t>& shape, std::optional<char> rule,
                 bool layer_scales) {
  const Kind* kind = video_kind(name);
  if (kind && rule)
    throw Error(ErrorKind::Invalid, "there is no pattern rule for a network with \"" + name +
                                        "\": leave the rule out, only vision transformers have rules");
  if (kind) return of_video_network(*kind, shape);
  const auto found = kRules.find(rule.value_or('A'));
  if (found == kRules.end())
    throw Error(ErrorKind::Invalid, "there is no pattern rule \"" + std::string(1, *rule) + "\"; known are A, B, C");
  return of_transformer(name, shape, found->second, layer_scales);
}

/// Returns tensors that hold the same in every file, or nothing for others.
std::optional<std::vector<float>> constant_of(const std::string& name, std::size_t count) {
  std::vector<float> values(count, 1);
  if (name == "criterion.empty_weight") return std::vector<float>{1, 0.1F};  // object, no object
  if (name == "rope_embed.periods") {
    for (std::size_t i = 0; i < count; ++i) values[i] = float(std::pow(100.0, double(i) / double(count)));
    return values;
  }
  if (!name.ends_with(".attn.qkv.bias_mask")) return std::nullopt;
  const auto third = std::ptrdiff_t(count / 3);
  std::fill(values.begin() + third, values.end() - third, 0.F);  // keys
  return values;
}

}  // namespace

std::vector<float> pattern_values(const std::string& seed, const std::string& name, std::size_t count) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const std::string key = seed + "/" + name;
  for (const unsigned char c : key) hash = (hash ^ c) * 0x100000001b3;
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t z = hash + (i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    values[i] = float(double(z >> 40) / (1 << 23) - 1);
  }
  return values;
}

std::vector<float> pattern_tensor(const std::string& seed, const std::string& name,
                                  const std::vector<std::int64_t>& shape, std::optional<char> rule, bool layer_scales) {
  const Affine affine = affine_of(name, shape, rule, layer_scales);
  if (auto constant = constant_of(name, product(shape))) return *std::move(constant);
  std::vector<float> values = pattern_values(seed, name, product(shape));
  for (float& value : values) value = value * affine.scale + affine.shift;
  return values;
}

void write_pattern_model(const std::string& path, const std::string& architecture, const std::string& seed,
                         std::optional<char> rule) {
  const TensorShapes shapes = official_tensors(architecture);
  std::vector<SafetensorsWriter::Declaration> declarations;
  for (const auto& [name, shape] : shapes) declarations.push_back({name, DType::F32, shape});
  const bool layer_scales = shapes.contains("blocks.0.ls1.gamma");
  SafetensorsWriter writer(path, declarations, {{"format", "pt"}, {"vcl", configuration_of(shapes)}});
  for (const auto& [name, shape] : shapes)
    writer.append(std::as_bytes(std::span<const float>(pattern_tensor(seed, name, shape, rule, layer_scales))));
  writer.finish();
}

}  // namespace vcl
