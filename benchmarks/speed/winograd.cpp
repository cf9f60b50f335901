// SPDX-License-Identifier: LGPL-2.1-or-later
// 3x3 convolutions by Winograd filtering and by LibTorch, at sizes that occur in the networks.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "libvcl/engine/nn/winograd.hpp"

namespace {

/// Alternates both methods, so that other load on the machine slows down both. Arguments: height, width, channels.
void winograd(benchmark::State& state) {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  at::manual_seed(1);
  const std::int64_t channels = state.range(2);
  const at::Tensor image =
      at::randn({1, channels, state.range(0), state.range(1)}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::randn({channels, channels, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor bias = at::randn({channels}), transformed = vcl::winograd_weight(weight);
  const auto seconds = [](auto work) {
    const auto start = std::clock();
    benchmark::DoNotOptimize(work());
    return double(std::clock() - start) / CLOCKS_PER_SEC;
  };
  double direct = 1e9, ours = 1e9;
  for (auto _ : state) {
    direct = std::min(direct, seconds([&] { return at::conv2d(image, weight, bias, 1, 1); }));
    ours = std::min(ours, seconds([&] { return vcl::winograd_conv2d(image, transformed, bias); }));
  }
  state.counters["direct ms"] = 1e3 * direct;
  state.counters["winograd ms"] = 1e3 * ours;
  state.counters["times as fast"] = direct / ours;
}

BENCHMARK(winograd)
    ->Args({96, 160, 256})
    ->Args({96, 160, 64})
    ->Args({48, 80, 128})
    ->Args({24, 40, 256})
    ->Args({12, 20, 512})
    ->Args({24, 40, 64})
    ->Args({24, 40, 24})
    ->Args({12, 20, 96})
    ->Args({12, 20, 48})
    ->Args({6, 10, 128})
    ->Args({48, 80, 16})
    ->Unit(benchmark::kMillisecond);

}  // namespace
