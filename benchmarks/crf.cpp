// SPDX-License-Identifier: LGPL-2.1-or-later
// The dense CRF on coarse masks, as MaskCut uses it.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "photo.hpp"
#include "vcl/crf.hpp"

namespace {

constexpr int kPatch = 8;

/// Unions of squares of patches, away from the objects' true outlines.
std::vector<vcl::Mask> coarse_masks(int count) {
  std::vector<vcl::Mask> masks;
  for (int m = 0; m < count; ++m) {
    masks.emplace_back(kSide, kSide);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        masks.back().at(x, y) = std::hypot(x / kPatch * kPatch - 150 - 60 * m, y / kPatch * kPatch - 240) < 90 + 20 * m;
  }
  return masks;
}

/// One image's whole refinement: lattices, then masks.
void crf(benchmark::State& state) {
  const std::vector<vcl::Mask> masks = coarse_masks(int(state.range(0)));
  for (auto _ : state) {
    const vcl::DenseCrf crf(photo(), {kSide, kSide}, {}, int(state.range(1)));
    benchmark::DoNotOptimize(vcl::refine_cuts(crf, masks));
  }
}
BENCHMARK(crf)
    ->ArgNames({"masks", "threads"})
    ->ArgsProduct({{1, 3, 4}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void crf_lattices(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(vcl::DenseCrf(photo(), {kSide, kSide}));
}
BENCHMARK(crf_lattices)->Unit(benchmark::kMillisecond);

}  // namespace
