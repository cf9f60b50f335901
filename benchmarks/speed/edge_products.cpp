// SPDX-License-Identifier: LGPL-2.1-or-later
// Representations of the graph of 60x60 patches, compared by the time of the matrix-vector product that the eigensolver
// repeats. On one core of an AMD EPYC (Zen 3): bits with lookup 0.7 ms, float32 3.5, float64 5.7, bytes 10.
#include <benchmark/benchmark.h>

#include "libvcl/engine/maskcut/edge_matrix.hpp"
#include "libvcl/processor/compiled_for.hpp"

namespace {

constexpr int kPatches = 3600;

at::Tensor random_features() {
  at::manual_seed(1);
  return at::randn({64, kPatches}) + 0.3;
}

void bits(benchmark::State& state) {
  const vcl::EdgeMatrix edges(random_features(), 0.15);
  const at::Tensor x = at::randn({kPatches}, at::kDouble);
  for (auto _ : state) benchmark::DoNotOptimize(edges.times(x).const_data_ptr());
}
BENCHMARK(bits)->Unit(benchmark::kMicrosecond);

void dense(benchmark::State& state, at::ScalarType type) {
  const at::Tensor matrix = at::rand({kPatches, kPatches}).gt(0.5).to(type), x = at::randn({kPatches}).to(type);
  for (auto _ : state) benchmark::DoNotOptimize(matrix.mv(x).const_data_ptr());
}
BENCHMARK_CAPTURE(dense, float64, at::kDouble)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(dense, float32, at::kFloat)->Unit(benchmark::kMicrosecond);

/// Rows of bytes, sums in double, four lanes wide.
VCL_INLINE void byte_product(const std::uint8_t* entries, const double* x, double* y) {
  using Lanes [[gnu::vector_size(32)]] = double;
  for (int r = 0; r < kPatches; ++r, entries += kPatches) {
    Lanes sums[2] = {};
    for (int c = 0; c < kPatches; c += 8)
      for (int lane = 0; lane < 8; ++lane) sums[lane / 4][lane % 4] += double(entries[c + lane]) * x[c + lane];
    const Lanes sum = sums[0] + sums[1];
    y[r] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

void bytes(benchmark::State& state) {
  const at::Tensor matrix = at::rand({kPatches, kPatches}).gt(0.5).to(at::kByte),
                   x = at::randn({kPatches}, at::kDouble);
  std::vector<double> y(kPatches);
  for (auto _ : state) {
    vcl::run_compiled_for<byte_product>(vcl::usable_instructions(), matrix.const_data_ptr<std::uint8_t>(),
                                        x.const_data_ptr<double>(), y.data());
    benchmark::DoNotOptimize(y.data());
  }
}
BENCHMARK(bytes)->Unit(benchmark::kMicrosecond);

}  // namespace
