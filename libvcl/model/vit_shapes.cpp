// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/model/vit_shapes.hpp"

#include <algorithm>
#include <cmath>

#include "libvcl/model/shape_builder.hpp"

namespace vcl {
namespace {

constexpr std::int64_t kPeriods = 16;  // of DINOv3's turns: a quarter of a head's 64 channels

/// The sizes of a vision transformer, and the parts that DINO's successors added.
struct VitSizes {
  std::int64_t channels = 0, patch = 0;
  std::int64_t positions = 0;  ///< of patches that have a stored code; 0: patches are turned (DINOv3)
  std::int64_t depth = 12, hidden = 0;
  bool layer_scales = false, gated = false;        ///< gated: SwiGLU
  std::int64_t registers = 0, storage_tokens = 0;  ///< DINOv2's and DINOv3's names of the same
  bool mask_token = false;
  bool periods = false, bias_masks = false;
};

void feed_forward(const ShapeBuilder& b, const VitSizes& sizes) {
  const auto c = sizes.channels, hidden = sizes.hidden;
  if (sizes.gated) (b / "w1").pair({hidden, c}), (b / "w2").pair({hidden, c}), (b / "w3").pair({c, hidden});
  if (!sizes.gated) (b / "fc1").pair({hidden, c}), (b / "fc2").pair({c, hidden});
}

void block(const ShapeBuilder& b, const VitSizes& sizes) {
  const auto c = sizes.channels;
  (b / "norm1").pair({c});
  (b / "attn" / "qkv").pair({3 * c, c});
  if (sizes.bias_masks) (b / "attn" / "qkv").add("bias_mask", {3 * c});
  (b / "attn" / "proj").pair({c, c});
  (b / "norm2").pair({c});
  feed_forward(b / "mlp", sizes);
  if (sizes.layer_scales)
    for (const char* scale : {"ls1", "ls2"}) (b / scale).add("gamma", {c});
}

TensorShapes vit_tensors(const VitSizes& sizes) {
  const auto c = sizes.channels;
  TensorShapes shapes;
  const ShapeBuilder root(shapes);
  root.add("cls_token", {1, 1, c});
  if (sizes.positions > 0) root.add("pos_embed", {1, 1 + sizes.positions, c});
  if (sizes.registers > 0) root.add("register_tokens", {1, sizes.registers, c});
  if (sizes.storage_tokens > 0) root.add("storage_tokens", {1, sizes.storage_tokens, c});
  if (sizes.mask_token) root.add("mask_token", {1, c});
  if (sizes.periods) (root / "rope_embed").add("periods", {kPeriods});
  (root / "patch_embed" / "proj").pair({c, 3, sizes.patch, sizes.patch});
  for (int i = 0; i < sizes.depth; ++i) block(root / "blocks" / i, sizes);
  (root / "norm").pair({c});
  return shapes;
}

/// S, B and L of all families.
struct Width {
  const char* name;
  std::int64_t channels, depth;
};
constexpr Width kWidths[] = {{"s", 384, 12}, {"b", 768, 12}, {"l", 1024, 24}};

VitSizes dino(const Width& width, std::int64_t patch) {
  return {.channels = width.channels,
          .patch = patch,
          .positions = (224 / patch) * (224 / patch),
          .depth = width.depth,
          .hidden = 4 * width.channels};
}

VitSizes dinov2(const Width& width, std::int64_t registers) {
  VitSizes sizes = dino(width, 14);
  sizes.positions = 37 * 37;
  sizes.layer_scales = sizes.mask_token = true;
  sizes.registers = registers;
  return sizes;
}

VitSizes dinov3(const Width& width, bool gated) {
  VitSizes sizes = dino(width, 16);
  sizes.positions = 0;
  sizes.layer_scales = sizes.mask_token = sizes.periods = sizes.bias_masks = true;
  sizes.storage_tokens = 4;
  sizes.gated = gated;
  return sizes;
}

const std::vector<std::pair<std::string, VitSizes>>& known_vits() {
  static const auto known = [] {
    std::vector<std::pair<std::string, VitSizes>> all;
    const Width &s = kWidths[0], &b = kWidths[1];
    all = {{"vits16", dino(s, 16)}, {"vits8", dino(s, 8)}, {"vitb16", dino(b, 16)}, {"vitb8", dino(b, 8)}};
    for (const Width& width : kWidths) {
      const std::string name = std::string("dinov2_vit") + width.name + "14";
      all.emplace_back(name, dinov2(width, 0));
      all.emplace_back(name + "_reg", dinov2(width, 4));
    }
    for (const Width& width : kWidths)
      all.emplace_back(std::string("dinov3_vit") + width.name + "16", dinov3(width, false));
    all.emplace_back("dinov3_vits16plus", dinov3(s, true));
    return all;
  }();
  return known;
}

/// Reads sizes from the tensors of a file.
class SizeReader {
 public:
  explicit SizeReader(const TensorShapes& tensors) : tensors_(tensors) {}
  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// Returns 0 if there is no such tensor, or if its side is absurd, as that of a tensor without elements can be.
  std::int64_t side(const std::string& name, std::size_t dimensions, std::size_t which) const {
    constexpr std::int64_t kMost = std::int64_t(1) << 30;
    const auto found = tensors_.find(name);
    if (found == tensors_.end() || found->second.size() != dimensions) return 0;
    return found->second[which] <= kMost ? found->second[which] : 0;
  }
  std::int64_t depth() const {
    std::int64_t depth = 0;
    while (has_block(depth)) ++depth;
    return depth;
  }
  bool in_any_block(std::int64_t depth, const std::string& name) const {
    for (std::int64_t i = 0; i < depth; ++i)
      if (has("blocks." + std::to_string(i) + "." + name)) return true;
    return false;
  }

 private:
  bool has_block(std::int64_t index) const {
    const std::string start = "blocks." + std::to_string(index) + ".";
    const auto next = tensors_.lower_bound(start);
    return next != tensors_.end() && next->first.starts_with(start);
  }
  const TensorShapes& tensors_;
};

}  // namespace

std::vector<std::string> official_vits() {
  std::vector<std::string> names;
  for (const auto& [name, sizes] : known_vits()) names.push_back(name);
  return names;
}

std::optional<TensorShapes> official_vit(const std::string& architecture) {
  for (const auto& [name, sizes] : known_vits())
    if (name == architecture) return vit_tensors(sizes);
  return std::nullopt;
}

TensorShapes vit_tensors_like(const TensorShapes& tensors) {
  const SizeReader file(tensors);
  const bool turned = file.has("storage_tokens") && !file.has("pos_embed");
  VitSizes sizes{.channels = file.side("cls_token", 3, 2),
                 .patch = file.side("patch_embed.proj.weight", 4, 3),
                 .depth = file.depth(),
                 .gated = file.has("blocks.0.mlp.w1.weight")};
  sizes.hidden = file.side(sizes.gated ? "blocks.0.mlp.w1.weight" : "blocks.0.mlp.fc1.weight", 2, 0);
  if (sizes.channels < 1 || sizes.patch < 1 || sizes.hidden < 1) return {};
  if (turned) {
    sizes.storage_tokens = std::max<std::int64_t>(1, file.side("storage_tokens", 3, 1));
    sizes.periods = file.has("rope_embed.periods");
    sizes.bias_masks = file.in_any_block(sizes.depth, "attn.qkv.bias_mask");
  } else {
    const auto positions = std::max<std::int64_t>(0, file.side("pos_embed", 3, 1) - 1);
    const auto root = std::llround(std::sqrt(double(positions)));
    if (root < 1) return {};
    sizes.positions = root * root;
    if (file.has("register_tokens")) sizes.registers = std::max<std::int64_t>(1, file.side("register_tokens", 3, 1));
  }
  sizes.layer_scales = turned || sizes.registers > 0 || file.in_any_block(sizes.depth, "ls1.gamma") ||
                       file.in_any_block(sizes.depth, "ls2.gamma");
  return vit_tensors(sizes);
}

}  // namespace vcl
