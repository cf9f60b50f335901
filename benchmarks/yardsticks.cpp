// SPDX-License-Identifier: LGPL-2.1-or-later
// One thread's fp32 product of 2048x1024 and 1024x1024 matrices: the yardstick between machines.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

namespace {

void calibration_product(benchmark::State& state) {
  at::set_num_threads(1);
  const at::Tensor a = at::rand({2048, 1024}), b = at::rand({1024, 1024});
  for (auto _ : state) benchmark::DoNotOptimize(at::matmul(a, b).const_data_ptr<float>());
  state.counters["GFLOP/s"] =
      benchmark::Counter(2.0 * 2048 * 1024 * 1024 * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(calibration_product)->Unit(benchmark::kMillisecond);

}  // namespace
