// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

/// Adds shapes below a prefix.
class Builder {
 public:
  explicit Builder(TensorShapes& shapes, std::string prefix = "") : shapes_(shapes), prefix_(std::move(prefix)) {}
  Builder operator/(const std::string& child) const { return Builder(shapes_, prefix_ + child + "."); }
  Builder operator/(int index) const { return *this / std::to_string(index); }
  void add(const std::string& name, std::vector<std::int64_t> shape) const {
    shapes_[prefix_ + name] = std::move(shape);
  }
  /// Adds a weight and its bias, which has one value per output.
  void pair(const std::vector<std::int64_t>& weight) const {
    add("weight", weight);
    add("bias", {weight[0]});
  }

 private:
  TensorShapes& shapes_;
  std::string prefix_;
};

struct VitSizes {
  std::int64_t channels, patch, positions, depth = 12, hidden;
};

TensorShapes vit_tensors(const VitSizes& sizes) {
  const auto c = sizes.channels, hidden = sizes.hidden;
  TensorShapes shapes;
  const Builder root(shapes);
  root.add("cls_token", {1, 1, c});
  root.add("pos_embed", {1, 1 + sizes.positions, c});
  (root / "patch_embed" / "proj").pair({c, 3, sizes.patch, sizes.patch});
  for (int i = 0; i < sizes.depth; ++i) {
    const Builder block = root / "blocks" / i;
    (block / "norm1").pair({c});
    (block / "attn" / "qkv").pair({3 * c, c});
    (block / "attn" / "proj").pair({c, c});
    (block / "norm2").pair({c});
    (block / "mlp" / "fc1").pair({hidden, c});
    (block / "mlp" / "fc2").pair({c, hidden});
  }
  (root / "norm").pair({c});
  return shapes;
}

TensorShapes official_vit(std::int64_t channels, std::int64_t patch) {
  return vit_tensors(
      {.channels = channels, .patch = patch, .positions = (224 / patch) * (224 / patch), .hidden = 4 * channels});
}

/// A convolution with its frozen batch norm.
void frozen_conv(const Builder& b, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  b.add("weight", {out, in, kernel, kernel});
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) (b / "norm").add(name, {out});
}

void resnet50(const Builder& b) {
  frozen_conv(b / "stem" / "conv1", 3, 64, 7);
  std::int64_t in = 64;
  const int blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage)
    for (int i = 0; i < blocks[stage]; ++i) {
      const std::int64_t narrow = std::int64_t(64) << stage, out = 4 * narrow;
      const Builder block = b / ("res" + std::to_string(stage + 2)) / i;
      if (i == 0) frozen_conv(block / "shortcut", in, out, 1);
      frozen_conv(block / "conv1", in, narrow, 1);
      frozen_conv(block / "conv2", narrow, narrow, 3);
      frozen_conv(block / "conv3", narrow, out, 1);
      in = out;
    }
}

constexpr std::int64_t kHidden = 256;  // of the official video network

void pixel_decoder(const Builder& b) {
  for (int level = 0; level < 3; ++level) {
    (b / "input_proj" / level / 0).pair({kHidden, std::int64_t(2048) >> level, 1, 1});
    (b / "input_proj" / level / 1).pair({kHidden});
  }
  (b / "transformer").add("level_embed", {3, kHidden});
  for (int i = 0; i < 6; ++i) {
    const Builder layer = b / "transformer" / "encoder" / "layers" / i;
    (layer / "self_attn" / "sampling_offsets").pair({192, kHidden});
    (layer / "self_attn" / "attention_weights").pair({96, kHidden});
    (layer / "self_attn" / "value_proj").pair({kHidden, kHidden});
    (layer / "self_attn" / "output_proj").pair({kHidden, kHidden});
    (layer / "norm1").pair({kHidden});
    (layer / "linear1").pair({1024, kHidden});
    (layer / "linear2").pair({kHidden, 1024});
    (layer / "norm2").pair({kHidden});
  }
  (b / "mask_features").pair({kHidden, kHidden, 1, 1});
  (b / "adapter_1").add("weight", {kHidden, kHidden, 1, 1});
  (b / "adapter_1" / "norm").pair({kHidden});
  (b / "layer_1").add("weight", {kHidden, kHidden, 3, 3});
  (b / "layer_1" / "norm").pair({kHidden});
}

void attention(const Builder& b) {
  b.add("in_proj_weight", {3 * kHidden, kHidden});
  b.add("in_proj_bias", {3 * kHidden});
  (b / "out_proj").pair({kHidden, kHidden});
}

void predictor(const Builder& b) {
  for (int i = 0; i < 9; ++i) {
    const Builder self = b / "transformer_self_attention_layers" / i, ffn = b / "transformer_ffn_layers" / i,
                  cross = b / "transformer_cross_attention_layers" / i;
    attention(self / "self_attn");
    (self / "norm").pair({kHidden});
    attention(cross / "multihead_attn");
    (cross / "norm").pair({kHidden});
    (ffn / "linear1").pair({2048, kHidden});
    (ffn / "linear2").pair({kHidden, 2048});
    (ffn / "norm").pair({kHidden});
  }
  (b / "decoder_norm").pair({kHidden});
  for (const char* name : {"query_feat", "query_embed"}) (b / name).add("weight", {100, kHidden});
  (b / "level_embed").add("weight", {3, kHidden});
  (b / "class_embed").pair({2, kHidden});
  for (int i = 0; i < 3; ++i) (b / "mask_embed" / "layers" / i).pair({kHidden, kHidden});
}

TensorShapes backbone_r50() {
  TensorShapes shapes;
  resnet50(Builder(shapes) / "backbone");
  return shapes;
}

TensorShapes video_mask2former_r50() {
  TensorShapes shapes = backbone_r50();
  const Builder root(shapes);
  pixel_decoder(root / "sem_seg_head" / "pixel_decoder");
  predictor(root / "sem_seg_head" / "predictor");
  (root / "criterion").add("empty_weight", {2});
  return shapes;
}

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return "[" + text + "]";
}

}  // namespace

const std::vector<std::string>& official_architectures() {
  static const std::vector<std::string> names = {"vits16", "vits8",    "vitb16",
                                                 "vitb8",  "resnet50", "video_mask2former_r50"};
  return names;
}

TensorShapes official_tensors(const std::string& architecture) {
  if (architecture == "vits16") return official_vit(384, 16);
  if (architecture == "vits8") return official_vit(384, 8);
  if (architecture == "vitb16") return official_vit(768, 16);
  if (architecture == "vitb8") return official_vit(768, 8);
  if (architecture == "resnet50") return backbone_r50();
  if (architecture == "video_mask2former_r50") return video_mask2former_r50();
  std::string known;
  for (const std::string& name : official_architectures()) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorKind::Invalid, "there is no architecture \"" + architecture + "\"; known are " + known);
}

TensorShapes vit_tensors_like(const TensorShapes& tensors) {
  constexpr std::int64_t kMost = std::int64_t(1) << 30;  // a tensor without elements can have sides of any length
  const auto side = [&](const char* name, std::size_t dimensions, std::size_t which) -> std::int64_t {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.size() != dimensions) return 0;
    return found->second[which] <= kMost ? found->second[which] : 0;
  };
  VitSizes sizes{.channels = side("cls_token", 3, 2),
                 .patch = side("patch_embed.proj.weight", 4, 3),
                 .positions = side("pos_embed", 3, 1) - 1,
                 .depth = 0,
                 .hidden = side("blocks.0.mlp.fc1.weight", 2, 0)};
  const auto root = std::llround(std::sqrt(double(std::max<std::int64_t>(sizes.positions, 0))));
  if (sizes.channels < 1 || sizes.patch < 1 || sizes.hidden < 1 || root < 1) return {};
  sizes.positions = root * root;
  while (tensors.contains("blocks." + std::to_string(sizes.depth) + ".norm1.weight")) ++sizes.depth;
  return vit_tensors(sizes);
}

TensorShapes tensor_shapes(const std::map<std::string, TensorView>& tensors) {
  TensorShapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.shape);
  return shapes;
}

/// Published checkpoints have it, but inference never uses it.
constexpr std::string_view kOfTheLossAlone = "criterion.empty_weight";

std::vector<std::string> tensor_problems(const TensorShapes& tensors, const TensorShapes& expected) {
  TensorShapes all = tensors;
  all.insert(expected.begin(), expected.end());
  std::vector<std::string> problems;
  for (const auto& [name, any] : all) {
    const auto got = tensors.find(name), wanted = expected.find(name);
    if (got == tensors.end() && name == kOfTheLossAlone) continue;
    if (got == tensors.end())
      problems.push_back(name + " is missing: it should be there with shape " + text_of(any));
    else if (wanted == expected.end())
      problems.push_back(name + " is unexpected: it has shape " + text_of(any));
    else if (got->second != wanted->second)
      problems.push_back(name + " has shape " + text_of(got->second) + " instead of " + text_of(wanted->second));
  }
  return problems;
}

std::string configuration_of(const TensorShapes& tensors) {
  if (tensors.contains("cls_token") && tensors.contains("patch_embed.proj.weight"))
    return R"({"architecture":"dino_vit"})";
  // 640x384 pixels: a 1280x720 video at the original's short side of 360, padded (method.md 6).
  if (tensors.contains("sem_seg_head.predictor.query_feat.weight") && tensors.contains("backbone.res5.2.conv3.weight"))
    return R"({"architecture":"video_mask2former","heads":8,"encoder_points":4,"norm_groups":32,"stem_pool":true,)"
           R"("min_stride":32,"canvas_pixels":245760,"window":3,"stride":1,"threshold":0.5})";
  const auto is_backbone = [](const auto& tensor) { return tensor.first.starts_with("backbone."); };
  if (tensors.contains("backbone.res5.2.conv3.weight") && std::ranges::all_of(tensors, is_backbone))
    return R"({"architecture":"dino_resnet","stem_pool":true})";
  return "";
}

std::string architecture_of(const std::string& configuration) {
  const auto config = nlohmann::json::parse(configuration, nullptr, false);
  const auto name = config.is_object() ? config.find("architecture") : config.end();
  return name != config.end() && name->is_string() ? name->get<std::string>() : "";
}

}  // namespace vcl
