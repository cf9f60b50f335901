// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit.hpp"

#include <cmath>
#include <optional>

#include "libvcl/engine/dino/vit_attention.hpp"
#include "libvcl/engine/dino/vit_rope.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr double kDinov3NormEpsilon = 1e-5;

bool has_position_codes(const Weights& w) {
  return w.has("pos_embed");
}

/// The registers [1, n, C] of either family, or an undefined tensor.
at::Tensor registers_of(const Weights& w) {
  const at::Tensor registers = w.find("register_tokens");
  return registers.defined() ? registers : w.find("storage_tokens");
}

/// In training DINOv3 masks the bias of the keys, and its files hold the mask.
at::Tensor bias_of(const Weights& qkv) {
  const at::Tensor mask = qkv.find("bias_mask");
  return mask.defined() ? qkv["bias"] * mask : qkv["bias"];
}

/// Adds a branch to the tokens, scaled per channel where the network has scales (LayerScale).
at::Tensor with_branch(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& scale) {
  return scale.defined() ? x + branch * scale : x + branch;
}

at::Tensor attention(const at::Tensor& x, const Weights& w, const VitBlocks& blocks) {
  const auto batch = x.size(0), tokens = x.size(1), channels = x.size(2);
  const at::Tensor qkv = linear(x, (w / "qkv")["weight"], bias_of(w / "qkv"))
                             .view({batch, tokens, 3, blocks.heads, channels / blocks.heads})
                             .permute({2, 0, 3, 1, 4});
  const at::Tensor y =
      at::scaled_dot_product_attention(vit_turned(qkv[0], blocks.turns), vit_turned(qkv[1], blocks.turns), qkv[2]);
  return linear(y.transpose(1, 2).reshape({batch, tokens, channels}), w / "proj");
}

at::Tensor feed_forward(const at::Tensor& x, const Weights& w) {
  if (w.has("w1")) return linear(at::silu(linear(x, w / "w1")) * linear(x, w / "w2"), w / "w3");
  return linear(at::gelu(linear(x, w / "fc1")), w / "fc2");
}

void check_images(const at::Tensor& images, const Weights& w) {
  const auto patch = vit_patch(w);
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) < patch || images.size(3) < patch ||
      images.size(2) % patch != 0 || images.size(3) % patch != 0)
    throw Error(ErrorKind::Invalid, "the vision transformer needs images [B, 3, H, W] whose sides are multiples of " +
                                        std::to_string(patch) + " pixels");
}

/// Resizes the stored grid [1, C, side, side] as the family's original does.
at::Tensor resized_grid(const at::Tensor& grid, std::int64_t rows, std::int64_t columns, bool has_registers) {
  if (has_registers) return at::_upsample_bicubic2d_aa(grid, {rows, columns}, false, std::nullopt, std::nullopt);
  // The original passes the scale, not the size, and torch then samples with that scale: 0.1 keeps the floor right.
  const double side = double(grid.size(2));
  return at::upsample_bicubic2d(grid, {rows, columns}, false, (double(rows) + 0.1) / side,
                                (double(columns) + 0.1) / side);
}

/// Returns the result of `make`, from the cache where it has one.
template <typename Make>
at::Tensor cached(VitPositions* cache, std::int64_t rows, std::int64_t columns, Make make) {
  if (cache)
    if (const auto found = cache->find({rows, columns}); found != cache->end()) return found->second;
  at::Tensor made = make();
  if (cache) cache->emplace(std::pair(rows, columns), made);
  return made;
}

}  // namespace

VitConfig VitConfig::from_json(const nlohmann::json& config) {
  const auto heads = config.find("heads");
  if (heads == config.end()) return {};
  if (!heads->is_number_integer() || *heads < 1 || *heads > 1024)
    throw Error(ErrorKind::Unreadable, "the model's configuration has no sensible number of heads");
  return {heads->get<int>()};
}

std::int64_t vit_channels(const Weights& w) {
  return w["cls_token"].size(-1);
}
std::int64_t vit_patch(const Weights& w) {
  return w["patch_embed.proj.weight"].size(-1);
}
std::int64_t vit_extra_tokens(const Weights& w) {
  const at::Tensor registers = registers_of(w);
  return registers.defined() ? 1 + registers.size(1) : 1;
}

VitBlocks vit_blocks(const at::Tensor& images, const Weights& w, const VitConfig& config, VitPositions* cache) {
  const auto channels = vit_channels(w), heads = config.heads > 0 ? config.heads : channels / 64;
  if (has_position_codes(w)) return {.heads = heads};
  const auto patch = vit_patch(w), rows = images.size(2) / patch, columns = images.size(3) / patch;
  return {heads, kDinov3NormEpsilon,
          cached(cache, rows, columns, [&] { return vit_turns(rows, columns, channels / heads, w); })};
}

at::Tensor vit_positions(const at::Tensor& images, const Weights& w, VitPositions* cache) {
  const at::Tensor& stored = w["pos_embed"];
  const auto patch = vit_patch(w), rows = images.size(2) / patch, columns = images.size(3) / patch;
  const auto count = stored.size(1) - 1;
  if (rows == columns && rows * columns == count) return stored;
  return cached(cache, rows, columns, [&] {
    const auto side = std::int64_t(std::lround(std::sqrt(double(count))));
    const at::Tensor grid = stored.narrow(1, 1, count).view({1, side, side, -1}).permute({0, 3, 1, 2});
    const at::Tensor resized = resized_grid(grid, rows, columns, registers_of(w).defined());
    return at::cat({stored.narrow(1, 0, 1), resized.flatten(2).transpose(1, 2)}, 1);
  });
}

at::Tensor vit_tokens(const at::Tensor& images, const Weights& w, VitPositions* cache) {
  check_images(images, w);
  const auto batch = images.size(0);
  const Weights proj = w / "patch_embed" / "proj";
  const at::Tensor patches = at::conv2d(images, proj["weight"], proj["bias"], vit_patch(w)).flatten(2).transpose(1, 2);
  at::Tensor x = at::cat({w["cls_token"].expand({batch, -1, -1}), patches}, 1);
  if (has_position_codes(w)) x = x + vit_positions(images, w, cache);
  const at::Tensor registers = registers_of(w);
  if (!registers.defined()) return x;
  return at::cat({x.narrow(1, 0, 1), registers.expand({batch, -1, -1}), x.slice(1, 1)}, 1);
}

at::Tensor vit_block(const at::Tensor& x, const Weights& w, const VitBlocks& blocks) {
  const auto norm = [&](const at::Tensor& tokens, const char* name) {
    return layer_norm(tokens, w / name, blocks.norm_epsilon);
  };
  const at::Tensor y = with_branch(x, attention(norm(x, "norm1"), w / "attn", blocks), w.find("ls1.gamma"));
  return with_branch(y, feed_forward(norm(y, "norm2"), w / "mlp"), w.find("ls2.gamma"));
}

at::Tensor vit_projection(const at::Tensor& x, const Weights& w, int third) {
  const auto channels = x.size(-1);
  return at::linear(x, w["weight"].narrow(0, third * channels, channels),
                    bias_of(w).narrow(0, third * channels, channels));
}

at::Tensor vit_features(const at::Tensor& images, const Weights& w, const VitConfig& config, Facet facet,
                        VitPositions* cache, int layer, at::Tensor* attention) {
  const auto extra = vit_extra_tokens(w);
  const int depth = (w / "blocks").count(), last = layer < 0 ? depth - 1 : layer;
  if (layer < -1 || layer >= depth)
    throw Error(ErrorKind::Invalid, "there is no layer " + std::to_string(layer) +
                                        ": the vision transformer has layers 0.." + std::to_string(depth - 1));
  at::Tensor x = vit_tokens(images, w, cache);
  const auto patch = vit_patch(w), rows = images.size(2) / patch, columns = images.size(3) / patch;
  const VitBlocks blocks = vit_blocks(images, w, config, cache);
  for (int i = 0; i < last; ++i) x = vit_block(x, w / "blocks" / i, blocks);
  const Weights block = w / "blocks" / last;
  if (attention) *attention = vit_class_attention(x, block, blocks, extra).view({-1, rows, columns});

  // Norms and projections work token by token: the tokens before the patches can go first.
  const auto third = [&](int index) { return vit_projection(x, block / "attn" / "qkv", index); };
  if (facet == Facet::Token)
    x = layer_norm(vit_block(x, block, blocks).slice(1, extra), w / "norm", blocks.norm_epsilon);
  else
    x = layer_norm(x.slice(1, extra), block / "norm1", blocks.norm_epsilon);
  enum { Query, Key, Value };
  at::Tensor features;
  switch (facet) {
    case Facet::Key:
      features = third(Key);
      break;
    case Facet::Query:
      features = third(Query);
      break;
    case Facet::Value:
      features = third(Value);
      break;
    case Facet::All:
      features = at::cat({third(Key), third(Query), third(Value)}, 2);
      break;
    case Facet::Token:
      features = x;
      break;
  }
  return features.transpose(1, 2).reshape({images.size(0), -1, rows, columns});
}

at::Tensor vit_forward(const at::Tensor& images, const Weights& w, const VitConfig& config, VitPositions* cache) {
  at::Tensor x = vit_tokens(images, w, cache);
  const VitBlocks blocks = vit_blocks(images, w, config, cache);
  for (int i = 0; i < (w / "blocks").count(); ++i) x = vit_block(x, w / "blocks" / i, blocks);
  return layer_norm(x, w / "norm", blocks.norm_epsilon);
}

}  // namespace vcl
