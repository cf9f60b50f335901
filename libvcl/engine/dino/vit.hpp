// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <utility>

#include "libvcl/engine/weights.hpp"
#include "vcl/features.hpp"

/// The vision transformers of DINO, DINOv2 and DINOv3 (method.md 1), any whose tensors have the official names. Width,
/// depth, patch size and family are read from them. The same functions serve inference and training.
namespace vcl {

/// What model files of `vcl-train pretrain` name as their architecture: this transformer, or a ResNet trained the same
/// way.
inline constexpr const char* kVitArchitecture = "dino_vit";
inline constexpr const char* kResnetArchitecture = "dino_resnet";

struct VitConfig {
  int heads = 0;  ///< 0: channels / 64, as in every official model
  static VitConfig from_json(const nlohmann::json& config);
};

std::int64_t vit_channels(const Weights& w);
std::int64_t vit_patch(const Weights& w);
/// Returns the number of tokens before the patches: the class token and the registers.
std::int64_t vit_extra_tokens(const Weights& w);

/// Throws Error(Unreadable | Unsupported) that names the first tensor that is missing, that has another shape than the
/// rest asks for, that this network does not have, or whose values are not sensible.
void vit_verify(const Weights& w, const VitConfig& config = {});

/// Position codes, or turns, by grid size, kept from image to image. Not while training: they depend on the weights.
using VitPositions = std::map<std::pair<std::int64_t, std::int64_t>, at::Tensor>;

/// What all blocks of a transformer share.
struct VitBlocks {
  std::int64_t heads = 0;
  double norm_epsilon = 1e-6;
  at::Tensor turns{};  ///< of the patches (vit_rope.hpp); undefined for networks with position codes
};
/// `images`: normalized [B, 3, H, W], sides multiples of the patch.
VitBlocks vit_blocks(const at::Tensor& images, const Weights& w, const VitConfig& config = {},
                     VitPositions* cache = nullptr);

/// Returns the position codes [1, 1 + gh * gw, C] for `images`, of the class token and the patches.
at::Tensor vit_positions(const at::Tensor& images, const Weights& w, VitPositions* cache = nullptr);
/// Returns the class token, the registers and the patches, with their position codes if the network has such:
/// [B, vit_extra_tokens() + gh * gw, C].
at::Tensor vit_tokens(const at::Tensor& images, const Weights& w, VitPositions* cache = nullptr);
/// Runs one transformer block `w` = blocks.i on tokens [B, T, C].
at::Tensor vit_block(const at::Tensor& x, const Weights& w, const VitBlocks& blocks);
/// Returns a third of what `w` = blocks.i.attn.qkv makes of tokens [B, T, C]: queries (0), keys (1) or values (2). The
/// patches are not turned.
at::Tensor vit_projection(const at::Tensor& x, const Weights& w, int third);

/// Returns patch features [B, C, gh, gw] (3 C channels for All). Token features are the output of a block after the
/// final norm. The others are a third of a block's qkv, before the attention, so that the rest of that block and all
/// after it are never computed. `layer`: the block, from 0; -1: the last. Throws Error(Invalid) when there is none
/// such. `attention`, where given, becomes what that block's class token attends to (vit_attention.hpp), [B, gh, gw].
at::Tensor vit_features(const at::Tensor& images, const Weights& w, const VitConfig& config = {},
                        Facet facet = Facet::Key, VitPositions* cache = nullptr, int layer = -1,
                        at::Tensor* attention = nullptr);
/// Runs the whole network: all tokens after the final norm, [B, vit_extra_tokens() + gh * gw, C]. Token 0 describes the
/// image.
at::Tensor vit_forward(const at::Tensor& images, const Weights& w, const VitConfig& config = {},
                       VitPositions* cache = nullptr);

}  // namespace vcl
