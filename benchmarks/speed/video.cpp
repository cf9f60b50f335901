// SPDX-License-Identifier: LGPL-2.1-or-later
// The published video network (ResNet-50) in stages: a clip of three frames of 1280x720, which it processes at 640x384.
//   video [--benchmark_filter=...]
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "benchmarks/speed/random_network.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "libvcl/engine/video/pixel_decoder.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"

namespace {

constexpr int kFrames = 3;
const vcl::Letterbox kLetterbox = {{1280, 720}, {640, 360}, {640, 384}};

/// The inputs of all stages.
struct Clip {
  Clip() : weights((at::manual_seed(1), vcl::random_network())) {
    const c10::InferenceMode no_gradients;
    images = at::randn({kFrames, 3, kLetterbox.canvas.height, kLetterbox.canvas.width})
                 .contiguous(at::MemoryFormat::ChannelsLast);
    maps = vcl::resnet(images.slice(0, 0, 1), weights / "backbone", config.stem_pool, false);
    features = vcl::frame_features(images, weights, config);
    prediction = vcl::decode_clip(features, 1, weights, config).back();
    predictor = weights / "sem_seg_head" / "predictor";
    for (int t = 0; t < kFrames; ++t) memory.push_back(vcl::frame_memory(frame(t), predictor));
  }
  vcl::FrameFeatures frame(int t) const {
    vcl::FrameFeatures one{{}, features.mask_features.narrow(0, t, 1)};
    for (const at::Tensor& level : features.levels) one.levels.push_back(level.narrow(0, t, 1));
    return one;
  }
  const vcl::Weights weights;
  const vcl::VideoConfig config;
  at::Tensor images;
  std::vector<at::Tensor> maps;  ///< of the first frame
  vcl::FrameFeatures features;
  vcl::Prediction prediction;
  vcl::Weights predictor;
  std::vector<vcl::FrameMemory> memory;  ///< one per frame
};

/// Processes the next window, one frame further: computes the memory of the new frame and reuses that of the others.
std::vector<vcl::Prediction> slide(const Clip& clip) {
  const vcl::FrameMemory fresh = vcl::frame_memory(clip.frame(kFrames - 1), clip.predictor);
  std::vector<const vcl::FrameMemory*> window;
  for (int t = 0; t + 1 < kFrames; ++t) window.push_back(&clip.memory[std::size_t(t)]);
  window.push_back(&fresh);
  return vcl::transformer_decoder(window, 1, clip.predictor, clip.config, false);
}

template <typename Stage>
void run(benchmark::State& state, int frames, Stage stage) {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(int(state.range(0)));
  static const Clip clip;
  for (auto _ : state) benchmark::DoNotOptimize(stage(clip));
  state.counters["frames/s"] = benchmark::Counter(frames, benchmark::Counter::kIsIterationInvariantRate);
}

void register_stage(const char* name, int frames, auto stage) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { run(state, frames, stage); })
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void register_stages() {
  register_stage("r50/backbone", 1, [](const Clip& clip) {
    return vcl::resnet(clip.images.slice(0, 0, 1), clip.weights / "backbone", clip.config.stem_pool, false);
  });
  register_stage("r50/pixel_decoder", 1, [](const Clip& clip) {
    return vcl::pixel_decoder(clip.maps, clip.weights / "sem_seg_head" / "pixel_decoder", clip.config);
  });
  register_stage("r50/transformer_decoder", kFrames,
                 [](const Clip& clip) { return vcl::decode_clip(clip.features, 1, clip.weights, clip.config); });
  register_stage("r50/transformer_decoder/stride_1", kFrames, slide);
  register_stage("r50/masks", kFrames,
                 [](const Clip& clip) { return vcl::clip_instances(clip.prediction, 0, kLetterbox); });
  register_stage("r50/frame", 1, [](const Clip& clip) {
    return vcl::frame_features(clip.images.slice(0, 0, 1), clip.weights, clip.config);
  });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  register_stages();
  benchmark::RunSpecifiedBenchmarks();
}
