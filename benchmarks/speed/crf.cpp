// SPDX-License-Identifier: LGPL-2.1-or-later
// The dense CRF on coarse masks, as in MaskCut.
#include <benchmark/benchmark.h>

#include <vector>

#include "benchmarks/speed/made_up_photo.hpp"
#include "benchmarks/speed/photo.hpp"
#include "vcl/crf.hpp"

namespace {

using vcl::coarse_masks;

/// The complete refinement of one image: lattices, then masks.
void crf(benchmark::State& state) {
  const std::vector<vcl::Mask> masks = coarse_masks(int(state.range(0)));
  for (auto _ : state) {
    const vcl::DenseCrf crf(photo(), {vcl::kSide, vcl::kSide}, {}, int(state.range(1)));
    benchmark::DoNotOptimize(vcl::refine_cuts(crf, masks));
  }
}
BENCHMARK(crf)
    ->ArgNames({"masks", "threads"})
    ->ArgsProduct({{1, 3, 4}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void crf_lattices(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(vcl::DenseCrf(photo(), {vcl::kSide, vcl::kSide}));
}
BENCHMARK(crf_lattices)->Unit(benchmark::kMillisecond);

}  // namespace
