// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/hugging_face_names.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "libvcl/files/strict_json.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// Begins of names, or of the rest of names below a block.
struct Rename {
  std::string_view theirs, ours;
  int third = -1;  // queries, keys or values
};

constexpr Rename kWhole[] = {
    {"embeddings.cls_token", "cls_token"},
    {"embeddings.mask_token", "mask_token"},
    {"embeddings.position_embeddings", "pos_embed"},
    {"embeddings.patch_embeddings.projection.", "patch_embed.proj."},
    {"embeddings.patch_embeddings.", "patch_embed.proj."},
    {"layernorm.", "norm."},
};
constexpr std::string_view kRegisters = "embeddings.register_tokens";

constexpr Rename kInBlocksOfDinov2[] = {
    {"attention.attention.query.", "attn.qkv.", 0}, {"attention.attention.key.", "attn.qkv.", 1},
    {"attention.attention.value.", "attn.qkv.", 2}, {"attention.output.dense.", "attn.proj."},
    {"layer_scale1.lambda1", "ls1.gamma"},          {"layer_scale2.lambda1", "ls2.gamma"},
};
constexpr Rename kInBlocksOfDinov3[] = {
    {"attention.q_proj.", "attn.qkv.", 0}, {"attention.k_proj.", "attn.qkv.", 1}, {"attention.v_proj.", "attn.qkv.", 2},
    {"attention.o_proj.", "attn.proj."},   {"layer_scale1.lambda1", "ls1.gamma"}, {"layer_scale2.lambda1", "ls2.gamma"},
};
constexpr Rename kMlp[] = {{"mlp.up_proj.", "mlp.fc1."}, {"mlp.down_proj.", "mlp.fc2."}};
constexpr Rename kGatedMlp[] = {
    {"mlp.gate_proj.", "mlp.w1."}, {"mlp.up_proj.", "mlp.w2."}, {"mlp.down_proj.", "mlp.w3."}};

constexpr std::string_view kCls = "embeddings.cls_token";
constexpr std::string_view kBlocksOfDinov2 = "encoder.layer.", kBlocksOfDinov3 = "layer.";

struct Renamed {
  std::string name;
  int third = -1;
};

template <std::size_t N>
std::optional<Renamed> renamed(std::string_view name, const Rename (&table)[N]) {
  for (const Rename& each : table)
    if (name.starts_with(each.theirs))
      return Renamed{std::string(each.ours) + std::string(name.substr(each.theirs.size())), each.third};
  return std::nullopt;
}

Renamed in_block(std::string_view name, bool dinov3, bool gated) {
  if (const auto found = dinov3 ? renamed(name, kInBlocksOfDinov3) : renamed(name, kInBlocksOfDinov2)) return *found;
  if (const auto found = gated ? renamed(name, kGatedMlp) : renamed(name, kMlp); dinov3 && found) return *found;
  return {std::string(name)};  // norms have the same names, as have the MLPs of DINOv2
}

/// Removes what classification models and newer versions put in front. The rest of their names is for training.
void remove_prefixes(NamesInFile& names) {
  for (const std::string_view prefix : {"dinov2.", "dinov2_with_registers.", "dinov3_vit.", "model."}) {
    NamesInFile shorter;
    for (const auto& [name, stored] : names)
      if (name.starts_with(prefix))
        shorter.emplace(name.substr(prefix.size()), stored);
      else if (!name.starts_with("classifier."))
        shorter.emplace(name, stored);
    const bool theirs = shorter.contains(std::string(kCls));
    if (theirs && shorter != names) names = std::move(shorter);
  }
}

/// Returns the first name of the authors, or nothing.
std::optional<std::string> name_of_authors(const NamesInFile& names) {
  for (const auto& [name, stored] : names)
    for (const std::string_view start : {"blocks.", "cls_token", "pos_embed", "patch_embed.", "register_tokens"})
      if (name.starts_with(start)) return name;
  return std::nullopt;
}

}  // namespace

std::map<std::string, Thirds> take_hugging_face_names(NamesInFile& names, const std::string& path) {
  remove_prefixes(names);
  if (!names.contains(std::string(kCls))) return {};
  if (const auto mixed = name_of_authors(names))
    throw Error(ErrorKind::Unreadable, path + ": mixes two naming schemes: " + in_quotes(kCls) +
                                           " is Hugging Face's, " + in_quotes(*mixed) +
                                           " is that of the authors; get the file again");
  const auto any_starts = [&](std::string_view start) {
    return std::ranges::any_of(names, [&](const auto& name) { return name.first.starts_with(start); });
  };
  const bool dinov3 = any_starts(kBlocksOfDinov3), gated = any_starts("layer.0.mlp.gate_proj.");
  const std::string_view blocks = dinov3 ? kBlocksOfDinov3 : kBlocksOfDinov2;
  NamesInFile ours;
  std::map<std::string, Thirds> thirds;
  for (const auto& [name, stored] : names) {
    Renamed to{name};
    if (name.starts_with(blocks)) {
      const std::size_t rest = std::min(name.size(), name.find('.', blocks.size()) + 1);
      to = in_block(std::string_view(name).substr(rest), dinov3, gated);
      to.name = "blocks." + name.substr(blocks.size(), rest - blocks.size()) + to.name;
    } else if (name == kRegisters) {
      to.name = dinov3 ? "storage_tokens" : "register_tokens";
    } else if (const auto found = renamed(name, kWhole)) {
      to = *found;
    }
    if (to.third >= 0)
      thirds[to.name][std::size_t(to.third)] = stored;
    else if (!ours.emplace(to.name, stored).second)
      throw Error(ErrorKind::Unreadable, path + ": has two tensors for " + in_quotes(to.name) + ", one of them " +
                                             in_quotes(stored) + "; get the file again");
  }
  names = std::move(ours);
  return thirds;
}

std::shared_ptr<const std::vector<std::byte>> join_parts(const Checkpoint& checkpoint, const std::string& name,
                                                         const Thirds& parts, TensorView& joined) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::Unreadable, checkpoint.path() + ": queries, keys and values of " + in_quotes(name) + " " +
                                           why + "; get the file again");
  };
  // DINOv3's keys have no bias.
  if (parts[0].empty() || parts[2].empty() || (parts[1].empty() && !name.ends_with(".bias"))) refuse("are incomplete");
  const TensorView first = checkpoint.at(parts[0]);
  const auto bytes = std::make_shared<std::vector<std::byte>>(3 * first.bytes.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const TensorView part = checkpoint.at(parts[i]);
    if (part.dtype != first.dtype || part.shape != first.shape || part.shape.empty()) refuse("differ in shape or type");
    if (!part.bytes.empty()) std::memcpy(bytes->data() + i * first.bytes.size(), part.bytes.data(), part.bytes.size());
  }
  joined = {first.dtype, first.shape, *bytes};
  joined.shape[0] *= 3;
  return bytes;
}

}  // namespace vcl
