// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vcl/safetensors.hpp"

/// What tensors a model file should hold, and files made from nothing but a formula (Torch-free).
namespace [[gnu::visibility("default")]] vcl {

/// Shapes by name.
using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

/// The official networks: vits16, vits8, vitb16 and vitb8 (DINO, method.md 1.5), resnet50 and video_mask2former_r50
/// (detectron2, 5.5).
const std::vector<std::string>& official_architectures();

/// All tensors of an official network. Throws Error(Invalid) naming those that there are.
TensorShapes official_tensors(const std::string& architecture);

/// What a DINO vision transformer of any size should hold, its sizes told from the tensors that most depend on them
/// (cls_token, pos_embed, patch_embed.proj.weight, blocks.N, blocks.0.mlp.fc1.weight); empty when these are missing or
/// absurd.
TensorShapes vit_tensors_like(const TensorShapes& tensors);

TensorShapes tensor_shapes(const std::map<std::string, TensorView>& tensors);

/// A sentence for every tensor that is missing, unexpected or of another shape, in order of the names.
std::vector<std::string> tensor_problems(const TensorShapes& tensors, const TensorShapes& expected);

/// The configuration that a model file's "vcl" metadata should hold for these tensors, as JSON; empty where they are
/// no known network. A file of an official checkpoint has none.
std::string configuration_of(const TensorShapes& tensors);

/// The architecture that a configuration names; empty when it names none.
std::string architecture_of(const std::string& configuration);

/// Pattern values in [-1, 1): SplitMix64 from the FNV-1a hash of "<seed>/<name>". The same everywhere, so that files
/// need not be shipped for tests. `count` float32 values, exact.
std::vector<float> pattern_values(const std::string& seed, const std::string& name, std::size_t count);

/// A tensor of an official network: its pattern values, scaled and shifted by what kind of tensor it is. For vision
/// transformers `rule` says how: A (the default: strongly varying features), B (colours and textures apart, so that
/// MaskCut finds sensible masks) or C (a tiny residual stream). Other networks have one pattern and no rule. Throws
/// Error(Invalid) for a rule that there is not.
std::vector<float> pattern_tensor(const std::string& seed, const std::string& name,
                                  const std::vector<std::int64_t>& shape, std::optional<char> rule = {});

/// Writes an official network of such tensors as a model file. Throws Error(Invalid) for an architecture or rule that
/// there is not, Error(Resource) when it cannot be written.
void write_pattern_model(const std::string& path, const std::string& architecture, const std::string& seed,
                         std::optional<char> rule = {});

}  // namespace vcl
