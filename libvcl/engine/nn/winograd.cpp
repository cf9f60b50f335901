// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/winograd.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "libvcl/engine/nn/winograd_kernel.hpp"

namespace vcl {
namespace {

// Measured (benchmarks/winograd.cpp): with smaller images or fewer channels the products are too small to be faster.
// More channels would be faster, but transformed kernels are four times as large: 38 MB for 512 channels.
constexpr std::int64_t kFewestTiles = 16, kFewestChannels = 24, kMostChannels = 256;
// Tiles that are transformed together. Their values stay in a cache until they are multiplied.
constexpr std::int64_t kBlock = 160;
constexpr std::int64_t kPadding = 16;  // floats between points: spreads a channel's points over the sets of the cache
constexpr std::int64_t kGrain = 8;     // minimum number of tiles per thread

TiledMaps tiled(const at::Tensor& x, std::int64_t channels) {
  return {x.size(0), x.size(2), x.size(3), channels};
}

/// Allocates [points, tiles, channels] for a block.
at::Tensor point_values(std::int64_t tiles, std::int64_t channels, const at::Tensor& like) {
  return at::empty({kWinogradPoints, tiles * channels + kPadding}, like.options())
      .narrow(1, 0, tiles * channels)
      .unflatten(1, {tiles, channels});
}

}  // namespace

bool winograd_suits(const at::Tensor& weight) {
  return weight.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3 && weight.is_cpu() &&
         weight.scalar_type() == at::kFloat && std::min(weight.size(0), weight.size(1)) >= kFewestChannels &&
         std::max(weight.size(0), weight.size(1)) <= kMostChannels;
}

at::Tensor winograd_weight(const at::Tensor& weight) {
  constexpr double a = kWinogradA, a2 = a * a, b = kWinogradB, b2 = b * b;
  constexpr double at_a = 1 / (2 * a2 * (a2 - b2)), at_b = 1 / (2 * b2 * (b2 - a2));
  const at::Tensor to_points = at::tensor({1 / (a2 * b2), 0.0, 0.0,     //
                                           at_a, at_a * a, at_a * a2,   //
                                           at_a, at_a * -a, at_a * a2,  //
                                           at_b, at_b * b, at_b * b2,   //
                                           at_b, at_b * -b, at_b * b2,  //
                                           0.0, 0.0, 1.0},
                                          at::kDouble)
                                   .view({6, 3});
  const at::Tensor points = to_points.matmul(weight.to(at::kDouble)).matmul(to_points.t());  // [out, in, 6, 6]
  return points.permute({2, 3, 1, 0}).flatten(0, 1).to(at::kFloat).contiguous();
}

bool winograd_pays(const at::Tensor& x) {
  const bool trains = c10::GradMode::is_enabled() && x.requires_grad();
  return x.is_cpu() && x.scalar_type() == at::kFloat && !at::autocast::is_autocast_enabled(at::kCPU) && !trains &&
         tiled(x, x.size(1)).tiles() >= kFewestTiles;
}

at::Tensor winograd_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast);
  const TiledMaps in = tiled(x, weight.size(1)), out = tiled(x, weight.size(2));
  at::Tensor output =
      at::empty({out.images, out.channels, out.height, out.width}, x.options(), at::MemoryFormat::ChannelsLast);
  const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
  const std::int64_t block = std::min(kBlock, in.tiles());
  const at::Tensor block_values = point_values(block, in.channels, x),
                   block_products = point_values(block, out.channels, x);
  for (std::int64_t first = 0; first < in.tiles(); first += block) {
    const std::int64_t count = std::min(block, in.tiles() - first);
    const at::Tensor values = block_values.narrow(1, 0, count);
    at::Tensor products = block_products.narrow(1, 0, count);
    at::parallel_for(0, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      winograd_input(in, first + begin, first + end, input.const_data_ptr<float>(),
                     values.mutable_data_ptr<float>() + begin * in.channels, values.stride(0));
    });
    at::bmm_out(products, values, weight);
    at::parallel_for(0, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      winograd_output(out, first + begin, first + end, products.const_data_ptr<float>() + begin * out.channels,
                      products.stride(0), shift.defined() ? shift.const_data_ptr<float>() : nullptr,
                      output.mutable_data_ptr<float>());
    });
  }
  return output;
}

}  // namespace vcl
