// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vcl/safetensors.hpp"

/// Which tensors a model file should hold, and model files whose weights a formula gives. Needs no Torch.
namespace [[gnu::visibility("default")]] vcl {

/// Shapes of tensors by name.
using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

/// Returns the names of the official networks: vits16, vits8, vitb16 and vitb8 (DINO, method.md 1.5),
/// dinov2_vit{s,b,l}14 and the same with _reg (DINOv2 with registers), dinov3_vit{s,b,l}16 and dinov3_vits16plus
/// (DINOv3), resnet50 and video_mask2former_r50 (detectron2, method.md 5.5).
const std::vector<std::string>& official_architectures();

/// Returns all tensors of an official network. Throws Error(Invalid), which lists the known names, for another name.
TensorShapes official_tensors(const std::string& architecture);

/// Returns the tensors that a vision transformer of DINO, DINOv2 or DINOv3 of the same family and sizes should hold.
/// The family follows from the tensors that only it has. The sizes come from the tensors that depend on them most
/// (cls_token, pos_embed, patch_embed.proj.weight, blocks.N, blocks.0.mlp). The result is empty if these are missing or
/// their sizes are absurd.
TensorShapes vit_tensors_like(const TensorShapes& tensors);

/// Returns the shapes of the tensors of a file.
TensorShapes tensor_shapes(const std::map<std::string, TensorView>& tensors);

/// Returns whether only the training of an `architecture` (one that configurations name) needs a tensor of this name.
/// Whoever reads the network passes over such tensors, whatever they hold.
bool only_training_needs(const std::string& architecture, const std::string& name);

/// Returns whether no value is infinite or not a number.
bool is_finite(const TensorView& tensor);

/// Returns one sentence per tensor that is missing, unexpected or of another shape, in order of the names. Tensors that
/// only training needs are no problem.
std::vector<std::string> tensor_problems(const TensorShapes& tensors, const TensorShapes& expected);

/// Returns the configuration, as JSON, that the "vcl" metadata of a model file with these tensors should hold. It is
/// empty if the tensors are no known network. Files of official checkpoints have no such metadata.
std::string configuration_of(const TensorShapes& tensors);

/// Returns the architecture that a configuration names, or an empty string if it names none.
std::string architecture_of(const std::string& configuration);

/// Returns `count` float32 values in [-1, 1), from SplitMix64 that starts with the FNV-1a hash of "<seed>/<name>". They
/// are exactly the same on every machine, so tests need no files.
std::vector<float> pattern_values(const std::string& seed, const std::string& name, std::size_t count);

/// Returns a tensor of an official network: its pattern values, scaled and shifted by the kind of tensor. For vision
/// transformers `rule` selects how: A (the default: features vary strongly), B (separates colors and textures, so that
/// MaskCut finds sensible masks) or C (a tiny residual stream). Branches of networks with `layer_scales` (DINOv2,
/// DINOv3) have larger weights. Other networks have one pattern and no rule. Throws Error(Invalid) for an unknown rule.
std::vector<float> pattern_tensor(const std::string& seed, const std::string& name,
                                  const std::vector<std::int64_t>& shape, std::optional<char> rule = {},
                                  bool layer_scales = false);

/// Writes an official network of such tensors as a model file. Throws Error(Invalid) for an unknown architecture or
/// rule, and Error(Resource) if the file cannot be written.
void write_pattern_model(const std::string& path, const std::string& architecture, const std::string& seed,
                         std::optional<char> rule = {});

}  // namespace vcl
