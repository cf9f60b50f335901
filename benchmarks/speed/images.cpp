// SPDX-License-Identifier: LGPL-2.1-or-later
// The image part of the method, in stages and as a whole: one photo at 480x480, N = 3. benchmarks/images.py prints the
// table of docs/performance.md from it.
//   images [--benchmark_filter=...] [IMAGE]
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "benchmarks/speed/photo.hpp"
#include "vcl/engine.hpp"
#include "vcl/maskcut.hpp"
#include "vcl/model.hpp"

namespace {

namespace fs = std::filesystem;

/// Official networks with weights from a formula, in files that are removed at the end of the process.
class Models {
 public:
  Models() {
    fs::create_directories(folder_);
    for (const char* name : {"vits16", "vits8"}) vcl::write_pattern_model(path(name), name, "0", 'B');
  }
  ~Models() { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / (name + ".safetensors"); }

 private:
  const fs::path folder_ = fs::temp_directory_path() / ("vcl-benchmark-" + std::to_string(getpid()));
};

std::unique_ptr<vcl::FeatureExtractor> open(const std::string& architecture, int threads) {
  static const Models models;
  return vcl::open_features({.model = models.path(architecture), .device = "cpu", .threads = threads});
}

void features(benchmark::State& state, const std::string& architecture) {
  const auto extractor = open(architecture, int(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(extractor->extract(photo_frame()));
}

/// Returns features of a trained network, the embedded one, because the graph determines how fast the solver converges.
/// Channels are repeated up to the number of ViT-S, which does not change the graph.
vcl::FeatureMap trained_features(int patches) {
  const vcl::Size input{patches * 8, patches * 8};
  vcl::FeatureMap map =
      vcl::open_features({.model = vcl::default_model_path(), .device = "cpu", .input = input})->extract(photo_frame());
  const std::vector<float> once = map.values;
  for (const int channels = map.channels; map.channels < 384; map.channels += channels)
    map.values.insert(map.values.end(), once.begin(), once.end());
  return map;
}

void cuts(benchmark::State& state) {
  const vcl::FeatureMap map = trained_features(int(state.range(0)));
  const int threads = int(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(vcl::maskcut(map, {}, threads));
}

/// From a decoded photo to masks at the photo's size.
void whole_image(benchmark::State& state, const std::string& architecture, bool crf) {
  const int threads = int(state.range(0));
  const auto extractor = open(architecture, threads);
  std::ptrdiff_t masks = 0;
  for (auto _ : state) {
    const vcl::FeatureMap map = extractor->extract(photo_frame());
    const auto found = vcl::finish_cuts(vcl::maskcut(map, {}, threads), map.grid, map.input, photo_frame(),
                                        {.crf = crf, .threads = threads});
    masks = std::count_if(found.begin(), found.end(), [](const vcl::Mask& mask) {
      return std::any_of(mask.pixels.begin(), mask.pixels.end(), [](auto pixel) { return pixel != 0; });
    });
  }
  state.counters["masks"] = double(masks);
}

void register_benchmarks() {
  const auto on_threads = [](benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
  };
  for (const std::string architecture : {"vits16", "vits8"}) {
    on_threads(benchmark::RegisterBenchmark(("features/" + architecture).c_str(), features, architecture));
    for (const bool crf : {false, true})
      on_threads(benchmark::RegisterBenchmark(("image/" + architecture + (crf ? "/crf" : "/cuts")).c_str(), whole_image,
                                              architecture, crf));
  }
  benchmark::RegisterBenchmark("cuts", cuts)
      ->ArgNames({"grid", "threads"})
      ->ArgsProduct({{30, 60}, {1, 2}})
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) read_photo(argv[1]);
  register_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
