// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <utility>

#include "libvcl/engine/weights.hpp"
#include "vcl/features.hpp"

/// DINO's vision transformer (method.md 1), any whose tensors have the official names: width, depth and patch size are
/// read from them. The same functions serve inference and training.
namespace vcl {

/// What model files of `vcl-train pretrain` name as their architecture: this transformer, or a ResNet trained the same
/// way.
inline constexpr const char* kVitArchitecture = "dino_vit";
inline constexpr const char* kResnetArchitecture = "dino_resnet";

/// Of all its layer norms.
inline constexpr double kVitNormEpsilon = 1e-6;

struct VitConfig {
  int heads = 0;  ///< 0: channels / 64, as in every official model
  static VitConfig from_json(const nlohmann::json& config);
};

std::int64_t vit_channels(const Weights& w);
std::int64_t vit_patch(const Weights& w);

/// Throws Error(Unreadable | Unsupported) naming the first tensor that is missing or of another shape than the rest
/// asks for, or that this network does not have.
void vit_verify(const Weights& w, const VitConfig& config = {});

/// Position codes by grid size, kept from image to image. Not while training: they depend on the weights.
using VitPositions = std::map<std::pair<std::int64_t, std::int64_t>, at::Tensor>;

/// `images`: normalised [B, 3, H, W], sides multiples of the patch. The position code [1, 1 + gh * gw, C] for them.
at::Tensor vit_positions(const at::Tensor& images, const Weights& w, VitPositions* cache = nullptr);
/// Patches and class token (first) with their positions: [B, 1 + gh * gw, C].
at::Tensor vit_tokens(const at::Tensor& images, const Weights& w, VitPositions* cache = nullptr);
/// One transformer block `w` = blocks.i on tokens [B, T, C].
at::Tensor vit_block(const at::Tensor& x, const Weights& w, std::int64_t heads);

/// Patch features [B, C, gh, gw] (3 C channels for All): a third of a block's qkv, before the attention, so that the
/// rest of that block and all after it are never computed. `layer`: the block, from 0; -1: the last. Throws
/// Error(Invalid) when there is none such. `attention`, where given, becomes what that block's class token attends to
/// (vit_attention.hpp), [B, gh, gw].
at::Tensor vit_features(const at::Tensor& images, const Weights& w, const VitConfig& config = {},
                        Facet facet = Facet::Key, VitPositions* cache = nullptr, int layer = -1,
                        at::Tensor* attention = nullptr);
/// The whole network: all tokens after the final norm, [B, 1 + gh * gw, C]. Token 0 describes the image.
at::Tensor vit_forward(const at::Tensor& images, const Weights& w, const VitConfig& config = {},
                       VitPositions* cache = nullptr);

}  // namespace vcl
