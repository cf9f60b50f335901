// SPDX-License-Identifier: LGPL-2.1-or-later
// The limits of the machine: fp32 products and memory traffic. They show how far a stage is from its minimum time, and
// allow comparison with results of other machines.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

namespace {

using benchmark::Counter;

void calibration_product(benchmark::State& state) {
  at::set_num_threads(int(state.range(0)));
  const at::Tensor a = at::rand({2048, 1024}), b = at::rand({1024, 1024});
  for (auto _ : state) benchmark::DoNotOptimize(at::matmul(a, b).const_data_ptr<float>());
  state.counters["GFLOP/s"] = Counter(2.0 * 2048 * 1024 * 1024 * 1e-9, Counter::kIsIterationInvariantRate);
}
BENCHMARK(calibration_product)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void memory_copy(benchmark::State& state) {
  at::set_num_threads(int(state.range(0)));
  const at::Tensor from = at::ones({64 << 20}, at::kByte);
  at::Tensor to = at::empty_like(from);
  for (auto _ : state) benchmark::DoNotOptimize(to.copy_(from).const_data_ptr());
  state.counters["GB/s"] = Counter(2.0 * (64 << 20) * 1e-9, Counter::kIsIterationInvariantRate);
}
BENCHMARK(memory_copy)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
