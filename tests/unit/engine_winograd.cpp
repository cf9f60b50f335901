// SPDX-License-Identifier: LGPL-2.1-or-later
// Winograd's convolution against LibTorch's in double precision.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/winograd.hpp"

namespace vcl {
namespace {

/// A random layer and its image; outputs are of the order of one.
struct Layer {
  at::Tensor image, weight, bias;

  Layer(at::IntArrayRef image_size, std::int64_t out)
      : image(at::randn(image_size).contiguous(at::MemoryFormat::ChannelsLast)),
        weight(at::randn({out, image_size[1], 3, 3}) / std::sqrt(9 * double(image_size[1]))),
        bias(at::randn({out})) {}
  at::Tensor exact() const {
    return at::conv2d(image.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, 1);
  }
  /// As prepare_for_inference() gives it.
  Weights prepared() const {
    Weights w(TensorMap{{"conv.weight", weight}, {"conv.bias", bias}});
    prepare_for_inference(w);
    return w / "conv";
  }
};

double largest_error(const at::Tensor& got, const at::Tensor& exact) {
  return (got.to(at::kDouble) - exact).abs().max().item<double>();
}

double mean_error(const at::Tensor& got, const at::Tensor& exact) {
  return ((got.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

// Images smaller than a tile, of whole tiles, with some pixels more; of more tiles than are transformed at a time; and
// channels that fill vectors, or do not.
TEST(Winograd, IsTheConvolution) {
  at::manual_seed(3);
  const auto between = [](std::int64_t low, std::int64_t high) {
    return at::randint(low, high + 1, {}).item<std::int64_t>();
  };
  for (int i = 0; i < 60; ++i) {
    const std::int64_t most = i % 10 == 0 ? 60 : 13;
    const Layer layer({between(1, 3), between(1, 40), between(1, most), between(1, most)}, between(1, 40));
    SCOPED_TRACE(testing::Message() << layer.image.sizes() << " to " << layer.weight.size(0) << " channels");
    const at::Tensor got = winograd_conv2d(layer.image, winograd_weight(layer.weight), layer.bias);
    ASSERT_EQ(got.sizes(), layer.exact().sizes());
    // Sums of 360 products at most of values up to 5, each off by half a unit in the last place.
    EXPECT_LE(largest_error(got, layer.exact()), 2e-5);
  }
}

TEST(Winograd, IsAboutAsExactAsSummingDirectly) {
  at::manual_seed(4);
  for (const std::int64_t channels : {32, 128, 256}) {
    const Layer layer({1, channels, 24, 40}, channels);
    const at::Tensor direct = at::conv2d(layer.image, layer.weight, layer.bias, 1, 1),
                     got = winograd_conv2d(layer.image, winograd_weight(layer.weight), layer.bias);
    EXPECT_LE(mean_error(got, layer.exact()), 3 * mean_error(direct, layer.exact())) << channels;
    EXPECT_LE(mean_error(got, layer.exact()), 1.5e-6) << channels;
  }
}

TEST(Winograd, NeedsNoBiasNorAnyOrderInMemory) {
  at::manual_seed(5);
  const Layer layer({2, 24, 9, 14}, 31);
  const at::Tensor weight = winograd_weight(layer.weight);
  const at::Tensor expected = winograd_conv2d(layer.image, weight, layer.bias);
  EXPECT_TRUE(at::equal(winograd_conv2d(layer.image.contiguous(), weight, layer.bias), expected));
  EXPECT_LE(
      largest_error(winograd_conv2d(layer.image, weight, {}) + layer.bias.view({-1, 1, 1}), expected.to(at::kDouble)),
      1e-6);
}

TEST(Winograd, IsTheSameOnAnyNumberOfThreads) {
  at::manual_seed(6);
  const Layer layer({1, 32, 61, 47}, 40);
  const at::Tensor weight = winograd_weight(layer.weight);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = winograd_conv2d(layer.image, weight, layer.bias);
  at::set_num_threads(3);
  EXPECT_LE(largest_error(winograd_conv2d(layer.image, weight, layer.bias), one.to(at::kDouble)),
            2e-5);  // products are summed in other orders
  at::set_num_threads(threads);
}

/// Whether conv2d() of a prepared layer took the transformed kernels: with others, zeros, it then gives the bias alone.
bool conv2d_is_winograds(const Layer& layer, const at::Tensor& image, int stride = 1) {
  const Weights w = layer.prepared();
  if (!w.has("winograd")) return false;
  w.tensors().at(w.path("winograd")).zero_();
  const at::Tensor y = conv2d(image, w, stride);
  return at::equal(y, layer.bias.view({-1, 1, 1}).expand_as(y));
}

TEST(Winograd, ServesInferenceOfLayersThatItSuits) {
  at::manual_seed(7);
  const Layer layer({1, 64, 20, 20}, 64);
  {
    const c10::InferenceMode no_gradients;
    EXPECT_TRUE(conv2d_is_winograds(layer, layer.image));
    EXPECT_LE(largest_error(conv2d(layer.image, layer.prepared()), layer.exact()), 2e-5);
    EXPECT_FALSE(conv2d_is_winograds(layer, layer.image, 2));
    EXPECT_FALSE(conv2d_is_winograds(layer, layer.image.slice(2, 0, 8)));  // too small
    EXPECT_FALSE(conv2d_is_winograds(Layer({1, 8, 20, 20}, 64), at::randn({1, 8, 20, 20})));
    EXPECT_FALSE(conv2d_is_winograds(Layer({1, 64, 20, 20}, 320), layer.image));
  }
  EXPECT_FALSE(conv2d_is_winograds(layer, layer.image.clone().requires_grad_()));
}

}  // namespace
}  // namespace vcl
