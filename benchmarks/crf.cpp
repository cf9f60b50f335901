// SPDX-License-Identifier: LGPL-2.1-or-later
// The dense CRF on a made-up photo of 480x480 (or an image, scaled) and coarse masks, as MaskCut uses it. Where the
// engine is built, a matrix product too, to compare machines by: scale seconds by the ratio of their GFLOP/s.
//   crf [--benchmark_filter=...] [IMAGE]
#include <benchmark/benchmark.h>

#include <cstdio>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "made_up_photo.hpp"
#include "vcl/crf.hpp"

namespace {

using vcl::coarse_masks;
using vcl::kSide;

std::vector<std::uint8_t> photo;

/// One image's whole refinement: lattices, then masks.
void image_of_masks(benchmark::State& state) {
  const std::vector<vcl::Mask> masks = coarse_masks(int(state.range(0)));
  for (auto _ : state) {
    const vcl::DenseCrf crf(photo, {kSide, kSide}, {}, int(state.range(1)));
    benchmark::DoNotOptimize(vcl::refine_cuts(crf, masks));
  }
}
BENCHMARK(image_of_masks)
    ->ArgNames({"masks", "threads"})
    ->ArgsProduct({{1, 3, 4}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void lattices(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(vcl::DenseCrf(photo, {kSide, kSide}));
}
BENCHMARK(lattices)->Unit(benchmark::kMillisecond);

void masks_alone(benchmark::State& state) {
  const vcl::DenseCrf crf(photo, {kSide, kSide});
  const std::vector<vcl::Mask> masks = coarse_masks(int(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(crf.refine(masks));
}
BENCHMARK(masks_alone)->ArgName("masks")->Arg(1)->Arg(3)->Arg(4)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  photo = vcl::made_up_photo();
  if (argc > 1) {
    cv::Mat image = cv::imread(argv[1], cv::IMREAD_COLOR);
    if (image.empty()) {
      std::fprintf(stderr, "%s: not an image\n", argv[1]);
      return 1;
    }
    cv::resize(image, image, {kSide, kSide}, 0, 0, cv::INTER_AREA);
    cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    photo.assign(image.data, image.data + image.total() * 3);
  }
  benchmark::RunSpecifiedBenchmarks();
}
