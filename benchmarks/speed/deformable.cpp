// SPDX-License-Identifier: LGPL-2.1-or-later
// Deformable sampling by our kernel and by LibTorch's grid sampler, for one encoder layer of the published network and
// one 640x384 frame: strides 32, 16 and 8, 8 heads of 32 channels, 4 points.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include "libvcl/engine/nn/deformable_attention.hpp"
#include "libvcl/engine/nn/deformable_sampling.hpp"

namespace {

using benchmark::Counter;

const std::vector<vcl::GridSize> kLevels = {{12, 20}, {24, 40}, {48, 80}};
constexpr std::int64_t kCells = 240 + 960 + 3840, kHeads = 8, kChannels = 32, kPoints = 4;
constexpr double kProducts = double(kCells) * kHeads * 3 * kPoints * 4 * kChannels;  // number of value-weight products

struct Frame {
  at::Tensor value, locations, weights;
};

/// Returns samples within a few cells of their queries, like those of trained networks.
Frame random_frame() {
  at::manual_seed(1);
  const at::Tensor offsets = at::randn({1, kCells, kHeads, 3, kPoints, 2}) * 3;
  const at::Tensor sides = at::tensor({20.F, 12.F, 40.F, 24.F, 80.F, 48.F}).view({1, 1, 1, 3, 1, 2});
  const at::Tensor centres = vcl::cell_centres(kLevels, offsets).view({1, kCells, 1, 1, 1, 2});
  return {at::randn({1, kCells, kHeads, kChannels}), centres + offsets / sides,
          at::rand({1, kCells, kHeads, 3, kPoints})};
}

void forward(benchmark::State& state, decltype(&vcl::deformable_sample) sample) {
  at::set_num_threads(int(state.range(0)));
  const Frame frame = random_frame();
  for (auto _ : state)
    benchmark::DoNotOptimize(sample(frame.value, kLevels, frame.locations, frame.weights).const_data_ptr());
  state.counters["GFLOP/s"] = Counter(2 * kProducts * 1e-9, Counter::kIsIterationInvariantRate);
}

void with_gradients(benchmark::State& state, decltype(&vcl::deformable_sample) sample) {
  at::set_num_threads(int(state.range(0)));
  const Frame frame = random_frame();
  for (at::Tensor x : {frame.value, frame.locations, frame.weights}) x.requires_grad_();
  for (auto _ : state) {
    const at::Tensor out = sample(frame.value, kLevels, frame.locations, frame.weights);
    benchmark::DoNotOptimize(torch::autograd::grad({out.sum()}, {frame.value, frame.locations, frame.weights}));
  }
}

void on_threads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(forward, kernel, vcl::deformable_sample)->Apply(on_threads);
BENCHMARK_CAPTURE(forward, grid_sampler, vcl::deformable_sample_by_grids)->Apply(on_threads);
BENCHMARK_CAPTURE(with_gradients, kernel, vcl::deformable_sample)->Apply(on_threads);
BENCHMARK_CAPTURE(with_gradients, grid_sampler, vcl::deformable_sample_by_grids)->Apply(on_threads);

}  // namespace
