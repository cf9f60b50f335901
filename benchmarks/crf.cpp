// SPDX-License-Identifier: LGPL-2.1-or-later
// The dense CRF on a made-up photo of 480x480 (or an image, scaled) and coarse masks, as MaskCut uses it. Where the
// engine is built, a matrix product too, to compare machines by: scale seconds by the ratio of their GFLOP/s.
//   crf [--benchmark_filter=...] [IMAGE]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <vector>

#include "vcl/crf.hpp"

namespace {

constexpr int kSide = 480;
constexpr int kPatch = 8;
std::vector<std::uint8_t> photo;

/// Discs and slopes of colour under noise.
std::vector<std::uint8_t> made_up_photo() {
  std::mt19937 random(1);
  std::vector<std::uint8_t> rgb;
  std::normal_distribution<double> noise(0, 4);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double disc = std::hypot(x - 200, y - 240) < 130 ? 80 : 0, square = x > 300 && y > 320 ? 60 : 0;
      const double texture = 15 * std::sin(x * 0.21) * std::cos(y * 0.17);
      for (const double tone : {60 + 0.15 * x + disc, 80 + 0.1 * y + square, 100 - 0.1 * x + 0.5 * disc})
        rgb.push_back(std::uint8_t(std::clamp(tone + texture + noise(random), 0.0, 255.0)));
    }
  }
  return rgb;
}

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
  photo = made_up_photo();
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
