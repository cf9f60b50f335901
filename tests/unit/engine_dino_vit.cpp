// SPDX-License-Identifier: LGPL-2.1-or-later
// Properties of the vision transformer at sizes that no official model has.
#include <gtest/gtest.h>

#include <cmath>

#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/dino/vit_init.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/precision.hpp"
#include "vcl/error.hpp"
#include "vcl/resize.hpp"

namespace vcl {
namespace {

Weights small_vit() {
  at::manual_seed(5);
  return vit_random({.channels = 48, .depth = 3, .patch = 4, .positions = 6});
}
const VitConfig kHeads{.heads = 4};

TEST(Linear, IsAConvolutionOfOnePixel) {
  at::manual_seed(5);
  using Sizes = std::vector<std::int64_t>;
  for (const Sizes& sizes : {Sizes{1, 301, 24}, Sizes{7, 24}, Sizes{2, 3, 5, 24}}) {
    const at::Tensor x = at::randn(sizes).transpose(0, 1).contiguous().transpose(0, 1);  // not contiguous
    const at::Tensor weight = at::randn({40, 24}), bias = at::randn({40});
    EXPECT_TRUE(at::allclose(linear_by_convolution(x, weight, bias), at::linear(x, weight, bias), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(linear_by_convolution(x, weight, {}), at::linear(x, weight), 1e-5, 1e-5));
  }
}

TEST(Vit, FeaturesAreTheLastBlocksProjection) {
  const Weights w = small_vit();
  const at::Tensor images = at::randn({2, 3, 20, 28});
  at::Tensor x = vit_tokens(images, w);
  for (int i = 0; i < 2; ++i) x = vit_block(x, w / "blocks" / i, {.heads = 4});
  x = at::layer_norm(x, {48}, w["blocks.2.norm1.weight"], w["blocks.2.norm1.bias"], 1e-6);
  const at::Tensor qkv = at::linear(x, w["blocks.2.attn.qkv.weight"], w["blocks.2.attn.qkv.bias"]).slice(1, 1);
  const auto expected = qkv.transpose(1, 2).reshape({2, 144, 5, 7}).chunk(3, 1);
  // One product of the same numbers, in another blocking: float rounding only.
  const auto close = [](const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-5, 1e-5); };
  EXPECT_TRUE(close(vit_features(images, w, kHeads), expected[1]));
  EXPECT_TRUE(close(vit_features(images, w, kHeads, Facet::Query), expected[0]));
  EXPECT_TRUE(close(vit_features(images, w, kHeads, Facet::Value), expected[2]));
  EXPECT_TRUE(close(vit_features(images, w, kHeads, Facet::All), at::cat({expected[1], expected[0], expected[2]}, 1)));
}

// By its definition, a head, an image and a patch at a time.
TEST(Vit, AttentionIsTheClassTokensInTheLayer) {
  const Weights w = small_vit();
  const at::Tensor images = at::randn({2, 3, 20, 28});
  for (const int layer : {0, 1, -1}) {
    const int block = layer < 0 ? 2 : layer;
    const std::string name = "blocks." + std::to_string(block);
    at::Tensor x = vit_tokens(images, w), attention;
    for (int i = 0; i < block; ++i) x = vit_block(x, w / "blocks" / i, {.heads = 4});
    x = at::layer_norm(x, {48}, w[name + ".norm1.weight"], w[name + ".norm1.bias"], 1e-6);
    const at::Tensor qkv = at::linear(x, w[name + ".attn.qkv.weight"], w[name + ".attn.qkv.bias"]).to(at::kDouble);
    at::Tensor expected = at::zeros({2, 36}, at::kDouble);
    for (int image = 0; image < 2; ++image)
      for (int head = 0; head < 4; ++head) {
        const at::Tensor query = qkv[image][0].narrow(0, 12 * head, 12);
        std::vector<double> weights;
        double sum = 0;
        for (int token = 0; token < 36; ++token) {
          const at::Tensor key = qkv[image][token].narrow(0, 48 + 12 * head, 12);
          sum += weights.emplace_back(std::exp(query.dot(key).item<double>() / std::sqrt(12.0)));
        }
        for (int token = 0; token < 36; ++token) expected[image][token] += weights[std::size_t(token)] / sum / 4;
      }
    const at::Tensor features = vit_features(images, w, kHeads, Facet::Key, nullptr, layer, &attention);
    EXPECT_TRUE(features.equal(vit_features(images, w, kHeads, Facet::Key, nullptr, layer)));
    ASSERT_EQ(attention.sizes(), (std::vector<std::int64_t>{2, 5, 7}));
    EXPECT_LE((attention.flatten(1) - expected.narrow(1, 1, 35)).abs().max().item<double>(), 1e-6);  // float rounding
    EXPECT_LT(attention.sum({1, 2}).max().item<double>(), 1);
  }
}

TEST(Vit, EachImageOfABatchIsAlone) {
  const Weights w = small_vit();
  const at::Tensor images = at::randn({3, 3, 24, 16});
  const at::Tensor batch = vit_forward(images, w, kHeads);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(at::allclose(batch[i], vit_forward(images.narrow(0, i, 1), w, kHeads)[0], 1e-5, 1e-5));
}

TEST(Vit, PositionsAreKeptForASizeAndUsedAsTheyAreAtTheirOwn) {
  const Weights w = small_vit();
  EXPECT_TRUE(vit_positions(at::zeros({1, 3, 24, 24}), w).is_same(w["pos_embed"]));
  VitPositions cache;
  const at::Tensor wide = at::zeros({1, 3, 16, 36});  // as many patches as the stored grid, of another shape
  const at::Tensor first = vit_positions(wide, w, &cache);
  EXPECT_FALSE(first.equal(w["pos_embed"]));
  EXPECT_TRUE(vit_positions(wide, w, &cache).is_same(first));
  EXPECT_TRUE(first.equal(vit_positions(wide, w)));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(Vit, RefusesTensorsAndImagesThatDoNotFit) {
  const Weights w = small_vit();
  vit_verify(w, kHeads);
  EXPECT_THROW(vit_verify(w, {.heads = 5}), Error);
  EXPECT_THROW(vit_verify(w), Error);  // 48 channels are no multiple of 64: the heads must be said
  for (const auto& [name, tensor] : w.tensors()) {
    TensorMap lacking = w.tensors(), odd = w.tensors();
    lacking.erase(name);
    odd[name] = at::zeros({2, 3, 5});
    EXPECT_THROW(vit_verify(Weights(lacking), kHeads), Error) << name;
    EXPECT_THROW(vit_verify(Weights(odd), kHeads), Error) << name;
  }
  for (const char* name : {"blocks.0.ls1.gamma", "blocks.0.attn.qkv.bias_mask", "blocks.0.mlp.w3.weight",
                           "register_tokens", "storage_tokens", "rope_embed.periods", "patch_embed.norm.weight"}) {
    TensorMap more = w.tensors();
    more[name] = at::ones({48});
    EXPECT_THROW(vit_verify(Weights(more), kHeads), Error) << name;
  }
  TensorMap trained = w.tensors();
  trained["head.weight"] = trained["mask_token"] = at::ones({48});
  vit_verify(Weights(trained), kHeads);
  EXPECT_THROW(vit_forward(at::zeros({1, 3, 23, 24}), w, kHeads), Error);
  EXPECT_THROW(vit_forward(at::zeros({1, 1, 24, 24}), w, kHeads), Error);
  EXPECT_THROW(vit_forward(at::zeros({3, 24, 24}), w, kHeads), Error);
  EXPECT_THROW(VitConfig::from_json({{"heads", "six"}}), Error);
  EXPECT_THROW(VitConfig::from_json({{"heads", 0}}), Error);
}

/// A small transformer with the parts of DINOv3: scales, registers, turns, a gated MLP.
Weights small_successor() {
  at::manual_seed(6);
  TensorMap map = vit_random({.channels = 128, .depth = 2, .patch = 4, .positions = 6}).tensors();
  map.erase("pos_embed");
  map["storage_tokens"] = at::randn({1, 4, 128});
  for (const std::string block : {"blocks.0.", "blocks.1."}) {
    for (auto& [name, tensor] : map)
      if (name.starts_with(block) && tensor.dim() == 2) tensor = at::randn(tensor.sizes()) * 0.1;
    map[block + "ls1.gamma"] = map[block + "ls2.gamma"] = at::rand({128}) - 0.5;
    for (const char* part : {"weight", "bias"}) {
      const std::string mlp = block + "mlp.";
      map[mlp + "w1." + part] = map[mlp + "fc1." + part];
      map[mlp + "w2." + part] = at::randn_like(map[mlp + "fc1." + part]) * 0.1;
      map[mlp + "w3." + part] = map[mlp + "fc2." + part];
      map.erase(mlp + "fc1." + part);
      map.erase(mlp + "fc2." + part);
    }
  }
  return Weights(std::move(map));
}

TEST(Vit, SuccessorsRunInBfloat16AndKeepTurnsPerSize) {
  const Weights w = small_successor();
  vit_verify(w);
  const at::Tensor image = at::randn({1, 3, 20, 28});
  VitPositions cache;
  for (const Facet facet : {Facet::Key, Facet::Token}) {
    const at::Tensor exact = vit_features(image, w, {}, facet, &cache);
    EXPECT_EQ(exact.sizes(), (std::vector<std::int64_t>{1, 128, 5, 7}));
    EXPECT_TRUE(exact.equal(vit_features(image, w, {}, facet, &cache)));
    const ProductPrecision narrow(at::kCPU, Precision::Bf16);
    const at::Tensor rounded = vit_features(image, w, {}, facet, &cache).to(at::kFloat);
    EXPECT_LE(((rounded - exact).norm() / exact.norm()).item<double>(), 0.05);  // 8 bits, a few layers
  }
  EXPECT_EQ(cache.size(), 1u);
}

TEST(ResizeBytes, KeepsConstantsAndSizesOfAnyShape) {
  for (const Size& to : {Size{1, 1}, Size{7, 90}, Size{300, 2}, Size{31, 17}}) {
    const std::vector<std::uint8_t> grey(31 * 17 * 3, 137);
    const auto result = resize_bytes(grey.data(), {31, 17}, 3, to, ResizeFilter::Lanczos);
    EXPECT_EQ(result, std::vector<std::uint8_t>(std::size_t(to.width) * to.height * 3, 137));
  }
  const std::uint8_t pixel = 0;
  EXPECT_THROW(resize_bytes(&pixel, {1, 1}, 1, {0, 5}, ResizeFilter::Lanczos), Error);
}

TEST(VitInput, IsASquareOfWholePatches) {
  const std::vector<std::uint8_t> rgb(40 * 30 * 3, 200);
  EXPECT_EQ(vit_input_resized(rgb.data(), {40, 30}, {250, 250}, 16).sizes(),
            (std::vector<std::int64_t>{1, 3, 256, 256}));
  EXPECT_EQ(vit_input_resized(rgb.data(), {40, 30}, {5, 5}, 16).sizes(), (std::vector<std::int64_t>{1, 3, 16, 16}));
}

}  // namespace
}  // namespace vcl
