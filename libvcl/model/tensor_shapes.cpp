// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libvcl/model/shape_builder.hpp"
#include "libvcl/model/vit_shapes.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

/// A convolution with its frozen batch norm.
void frozen_conv(const ShapeBuilder& b, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  b.add("weight", {out, in, kernel, kernel});
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) (b / "norm").add(name, {out});
}

void resnet50(const ShapeBuilder& b) {
  frozen_conv(b / "stem" / "conv1", 3, 64, 7);
  std::int64_t in = 64;
  const int blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage)
    for (int i = 0; i < blocks[stage]; ++i) {
      const std::int64_t narrow = std::int64_t(64) << stage, out = 4 * narrow;
      const ShapeBuilder block = b / ("res" + std::to_string(stage + 2)) / i;
      if (i == 0) frozen_conv(block / "shortcut", in, out, 1);
      frozen_conv(block / "conv1", in, narrow, 1);
      frozen_conv(block / "conv2", narrow, narrow, 3);
      frozen_conv(block / "conv3", narrow, out, 1);
      in = out;
    }
}

constexpr std::int64_t kHidden = 256;  // of the official video network

void pixel_decoder(const ShapeBuilder& b) {
  for (int level = 0; level < 3; ++level) {
    (b / "input_proj" / level / 0).pair({kHidden, std::int64_t(2048) >> level, 1, 1});
    (b / "input_proj" / level / 1).pair({kHidden});
  }
  (b / "transformer").add("level_embed", {3, kHidden});
  for (int i = 0; i < 6; ++i) {
    const ShapeBuilder layer = b / "transformer" / "encoder" / "layers" / i;
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

void attention(const ShapeBuilder& b) {
  b.add("in_proj_weight", {3 * kHidden, kHidden});
  b.add("in_proj_bias", {3 * kHidden});
  (b / "out_proj").pair({kHidden, kHidden});
}

void predictor(const ShapeBuilder& b) {
  for (int i = 0; i < 9; ++i) {
    const ShapeBuilder self = b / "transformer_self_attention_layers" / i, ffn = b / "transformer_ffn_layers" / i,
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
  resnet50(ShapeBuilder(shapes) / "backbone");
  return shapes;
}

TensorShapes video_mask2former_r50() {
  TensorShapes shapes = backbone_r50();
  const ShapeBuilder root(shapes);
  pixel_decoder(root / "sem_seg_head" / "pixel_decoder");
  predictor(root / "sem_seg_head" / "predictor");
  (root / "criterion").add("empty_weight", {2});
  return shapes;
}

/// Names that only training needs, as shell patterns.
struct TrainingNames {
  const char *architecture, *names;
};
constexpr TrainingNames kTrainingNames[] = {
    {"dino_vit", "mask_token"},   // DINOv2, DINOv3
    {"dino_vit", "head.*"},       // DINO's projection, or a classifier
    {"dino_vit", "fc.*"},         // a classifier by another name
    {"dino_vit", "dino_head.*"},  // DINOv2, DINOv3: heads of the two losses
    {"dino_vit", "ibot_head.*"},
    {"dino_vit", "local_cls_norm.*"},  // DINOv3: norm of the class token of small crops
    {"video_mask2former", "criterion.*"},
    {"video_mask2former", "sem_seg_head.predictor.maskiou_feature_extractor.*"},  // AutoQ-VIS: no part of the score
    {"video_mask2former", "sem_seg_head.predictor.vit_maskiou_head.*"},
};

bool is_bias_mask(const std::string& name) {
  return name.ends_with(".attn.qkv.bias_mask");
}

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return "[" + text + "]";
}

}  // namespace

const std::vector<std::string>& official_architectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = official_vits();
    all.insert(all.end(), {"resnet50", "video_mask2former_r50"});
    return all;
  }();
  return names;
}

TensorShapes official_tensors(const std::string& architecture) {
  if (auto shapes = official_vit(architecture)) return *std::move(shapes);
  if (architecture == "resnet50") return backbone_r50();
  if (architecture == "video_mask2former_r50") return video_mask2former_r50();
  std::string known;
  for (const std::string& name : official_architectures()) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorKind::Invalid, "there is no architecture \"" + architecture + "\"; known are " + known);
}

TensorShapes tensor_shapes(const std::map<std::string, TensorView>& tensors) {
  TensorShapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.shape);
  return shapes;
}

std::vector<std::string> tensor_problems(const TensorShapes& tensors, const TensorShapes& expected) {
  const std::string architecture = architecture_of(configuration_of(expected));
  // Files of DINOv3 from Hugging Face lack what follows from a formula, and all masks with the bias that these mask.
  const auto masks = [](const auto& tensor) { return is_bias_mask(tensor.first); };
  const bool lacks_masks = std::ranges::none_of(tensors, masks);
  TensorShapes all = tensors;
  all.insert(expected.begin(), expected.end());
  std::vector<std::string> problems;
  for (const auto& [name, any] : all) {
    if (only_training_needs(architecture, name)) continue;
    const auto got = tensors.find(name), wanted = expected.find(name);
    if (got == tensors.end() && !(lacks_masks && is_bias_mask(name)) && name != "rope_embed.periods")
      problems.push_back(name + " is missing: it should be there with shape " + text_of(any));
    else if (got != tensors.end() && wanted == expected.end())
      problems.push_back(name + " is unexpected: it has shape " + text_of(any));
    else if (got != tensors.end() && got->second != wanted->second)
      problems.push_back(name + " has shape " + text_of(got->second) + " instead of " + text_of(wanted->second));
  }
  return problems;
}

bool only_training_needs(const std::string& architecture, const std::string& name) {
  return std::ranges::any_of(kTrainingNames, [&](const TrainingNames& each) {
    return architecture == each.architecture && fnmatch(each.names, name.c_str(), 0) == 0;
  });
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
