// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit_init.hpp"

namespace vcl {
namespace {

at::Tensor normal(at::IntArrayRef shape) {
  return at::randn(shape).mul_(0.02).clamp_(-0.04, 0.04);
}

void add_linear(TensorMap& map, const std::string& name, std::int64_t out, std::int64_t in) {
  map[name + ".weight"] = normal({out, in});
  map[name + ".bias"] = at::zeros({out});
}

void add_norm(TensorMap& map, const std::string& name, std::int64_t channels) {
  map[name + ".weight"] = at::ones({channels});
  map[name + ".bias"] = at::zeros({channels});
}

}  // namespace

Weights vit_random(const VitSizes& sizes) {
  const auto c = sizes.channels;
  TensorMap map;
  map["cls_token"] = normal({1, 1, c});
  map["pos_embed"] = normal({1, 1 + sizes.positions * sizes.positions, c});
  map["patch_embed.proj.weight"] = normal({c, 3, sizes.patch, sizes.patch});
  map["patch_embed.proj.bias"] = at::zeros({c});
  for (std::int64_t i = 0; i < sizes.depth; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    add_norm(map, block + "norm1", c);
    add_linear(map, block + "attn.qkv", 3 * c, c);
    add_linear(map, block + "attn.proj", c, c);
    add_norm(map, block + "norm2", c);
    add_linear(map, block + "mlp.fc1", 4 * c, c);
    add_linear(map, block + "mlp.fc2", c, 4 * c);
  }
  add_norm(map, "norm", c);
  return Weights(std::move(map));
}

}  // namespace vcl
