// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "libvcl/engine/dino/vit_attention.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

std::int64_t heads_of(const Weights& w, const VitConfig& config) {
  return config.heads > 0 ? config.heads : vit_channels(w) / 64;
}

at::Tensor attention(const at::Tensor& x, const Weights& w, std::int64_t heads) {
  const auto batch = x.size(0), tokens = x.size(1), channels = x.size(2);
  const at::Tensor qkv =
      linear(x, w / "qkv").view({batch, tokens, 3, heads, channels / heads}).permute({2, 0, 3, 1, 4});
  const at::Tensor y = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);
  return linear(y.transpose(1, 2).reshape({batch, tokens, channels}), w / "proj");
}

at::Tensor feed_forward(const at::Tensor& x, const Weights& w) {
  return linear(at::gelu(linear(x, w / "fc1")), w / "fc2");
}

void check_images(const at::Tensor& images, const Weights& w) {
  const auto patch = vit_patch(w);
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) < patch || images.size(3) < patch ||
      images.size(2) % patch != 0 || images.size(3) % patch != 0)
    throw Error(ErrorKind::Invalid, "the vision transformer needs images [B, 3, H, W] whose sides are multiples of " +
                                        std::to_string(patch) + " pixels");
}

void expect_shape(const Weights& w, std::string_view name, std::vector<std::int64_t> shape) {
  if (w[name].sizes() == at::IntArrayRef(shape)) return;
  std::string text;
  for (auto size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  throw Error(ErrorKind::Unreadable, "tensor " + w.path(name) + " should have the shape [" + text +
                                         "]: this is not a DINO vision transformer or the file is damaged");
}

void verify_layer(const Weights& w, std::int64_t out, std::int64_t in) {
  expect_shape(w, "weight", {out, in});
  expect_shape(w, "bias", {out});
}

void verify_norm(const Weights& w, std::int64_t channels) {
  expect_shape(w, "weight", {channels});
  expect_shape(w, "bias", {channels});
}

/// Whether `name` lies in one of the layers, as its weight or bias.
bool is_pair_of(std::string_view name, std::initializer_list<std::string_view> layers) {
  return std::ranges::any_of(layers, [name](std::string_view layer) {
    const std::string_view rest = name.substr(std::min(name.size(), layer.size()));
    return name.starts_with(layer) && (rest == ".weight" || rest == ".bias");
  });
}

bool is_known(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (name.starts_with(kBlocks)) {
    name.remove_prefix(std::min(name.size(), name.find_first_not_of("0123456789", kBlocks.size())));
    return is_pair_of(name, {".norm1", ".norm2", ".attn.qkv", ".attn.proj", ".mlp.fc1", ".mlp.fc2"});
  }
  const bool is_of_training = name == "mask_token" || name.starts_with("head") || name.starts_with("fc");
  return is_of_training || name == "cls_token" || name == "pos_embed" || is_pair_of(name, {"patch_embed.proj", "norm"});
}

/// Later transformers have the same tensors and some more, without which their features are wrong: scales of layers,
/// registers, turned positions.
void refuse_more_tensors(const Weights& w) {
  const std::string prefix = w.path("");
  for (const auto& [name, tensor] : w.tensors())
    if (name.starts_with(prefix) && !is_known(std::string_view(name).substr(prefix.size())))
      throw Error(ErrorKind::Unsupported, "tensor " + name +
                                              " is none of a DINO vision transformer: this is another network, such as "
                                              "DINOv2 or one with registers; name a model of DINO");
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

void vit_verify(const Weights& w, const VitConfig& config) {
  const auto c = vit_channels(w), patch = vit_patch(w);
  expect_shape(w, "cls_token", {1, 1, c});
  expect_shape(w, "patch_embed.proj.weight", {c, 3, patch, patch});
  expect_shape(w, "patch_embed.proj.bias", {c});
  const at::Tensor& positions = w["pos_embed"];
  const auto side = positions.dim() == 3 ? std::int64_t(std::lround(std::sqrt(double(positions.size(1) - 1)))) : 0;
  expect_shape(w, "pos_embed", {1, 1 + std::max<std::int64_t>(side * side, 1), c});
  const int depth = (w / "blocks").count();
  if (depth == 0) w["blocks.0.norm1.weight"];
  for (int i = 0; i < depth; ++i) {
    const Weights block = w / "blocks" / i;
    verify_norm(block / "norm1", c);
    verify_layer(block / "attn" / "qkv", 3 * c, c);
    verify_layer(block / "attn" / "proj", c, c);
    verify_norm(block / "norm2", c);
    const auto hidden = block["mlp.fc1.weight"].size(0);
    verify_layer(block / "mlp" / "fc1", hidden, c);
    verify_layer(block / "mlp" / "fc2", c, hidden);
  }
  verify_norm(w / "norm", c);
  refuse_more_tensors(w);
  const auto heads = heads_of(w, config);
  if (heads < 1 || c % heads != 0)
    throw Error(ErrorKind::Unsupported, "the vision transformer's " + std::to_string(c) +
                                            " channels do not divide into " + std::to_string(heads) +
                                            " heads: set \"heads\" in the model's configuration");
}

at::Tensor vit_positions(const at::Tensor& images, const Weights& w, VitPositions* cache) {
  const at::Tensor& stored = w["pos_embed"];
  const auto patch = vit_patch(w), rows = images.size(2) / patch, columns = images.size(3) / patch;
  const auto count = stored.size(1) - 1;
  if (rows == columns && rows * columns == count) return stored;
  if (cache)
    if (const auto found = cache->find({rows, columns}); found != cache->end()) return found->second;

  const auto side = std::int64_t(std::lround(std::sqrt(double(count))));
  const at::Tensor grid = stored.narrow(1, 1, count).view({1, side, side, -1}).permute({0, 3, 1, 2});
  // The original passes the scale, not the size, and torch then samples with that scale: 0.1 keeps the floor right.
  const double scale_y = (double(rows) + 0.1) / double(side), scale_x = (double(columns) + 0.1) / double(side);
  const at::Tensor resized = at::upsample_bicubic2d(grid, {rows, columns}, false, scale_y, scale_x);
  const at::Tensor positions = at::cat({stored.narrow(1, 0, 1), resized.flatten(2).transpose(1, 2)}, 1);
  if (cache) cache->emplace(std::pair(rows, columns), positions);
  return positions;
}

at::Tensor vit_tokens(const at::Tensor& images, const Weights& w, VitPositions* cache) {
  check_images(images, w);
  const Weights proj = w / "patch_embed" / "proj";
  const at::Tensor patches = at::conv2d(images, proj["weight"], proj["bias"], vit_patch(w)).flatten(2).transpose(1, 2);
  return at::cat({w["cls_token"].expand({images.size(0), -1, -1}), patches}, 1) + vit_positions(images, w, cache);
}

at::Tensor vit_block(const at::Tensor& x, const Weights& w, std::int64_t heads) {
  const at::Tensor y = x + attention(layer_norm(x, w / "norm1", kVitNormEpsilon), w / "attn", heads);
  return y + feed_forward(layer_norm(y, w / "norm2", kVitNormEpsilon), w / "mlp");
}

at::Tensor vit_features(const at::Tensor& images, const Weights& w, const VitConfig& config, Facet facet,
                        VitPositions* cache, int layer, at::Tensor* attention) {
  const auto channels = vit_channels(w), patch = vit_patch(w), heads = heads_of(w, config);
  const Weights blocks = w / "blocks";
  const int depth = blocks.count(), last = layer < 0 ? depth - 1 : layer;
  if (layer < -1 || layer >= depth)
    throw Error(ErrorKind::Invalid, "there is no layer " + std::to_string(layer) +
                                        ": the vision transformer has layers 0.." + std::to_string(depth - 1));
  at::Tensor x = vit_tokens(images, w, cache);
  for (int i = 0; i < last; ++i) x = vit_block(x, blocks / i, heads);
  const auto rows = images.size(2) / patch, columns = images.size(3) / patch;
  if (attention) *attention = vit_class_attention(x, blocks / last, heads).view({-1, rows, columns});

  const Weights qkv = blocks / last / "attn" / "qkv";
  x = layer_norm(x.slice(1, 1), (blocks / last) / "norm1", kVitNormEpsilon);  // token by token: the class token can go
  const auto third = [&](int index) {
    return at::linear(x, qkv["weight"].narrow(0, index * channels, channels),
                      qkv["bias"].narrow(0, index * channels, channels));
  };
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
  }
  return features.transpose(1, 2).reshape({images.size(0), -1, rows, columns});
}

at::Tensor vit_forward(const at::Tensor& images, const Weights& w, const VitConfig& config, VitPositions* cache) {
  const auto heads = heads_of(w, config);
  const Weights blocks = w / "blocks";
  at::Tensor x = vit_tokens(images, w, cache);
  for (int i = 0; i < blocks.count(); ++i) x = vit_block(x, blocks / i, heads);
  return layer_norm(x, w / "norm", kVitNormEpsilon);
}

}  // namespace vcl
