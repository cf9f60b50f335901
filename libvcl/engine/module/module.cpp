// SPDX-License-Identifier: LGPL-2.1-or-later
#include <c10/core/InferenceMode.h>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/maskcut/cuda_crf.hpp"
#include "libvcl/engine/maskcut/feature_extractor.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/stream/loaded_model.hpp"
#include "libvcl/engine/stream/streaming_engine.hpp"
#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "libvcl/loader/engine_module.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

at::Tensor as_tensor(const FeatureMap& map) {
  const std::int64_t channels = map.channels, rows = map.grid.height, columns = map.grid.width;
  if (channels < 1 || rows < 1 || columns < 1 ||
      map.values.size() != std::size_t(channels) * std::size_t(rows) * std::size_t(columns))
    throw Error(ErrorKind::Invalid,
                "MaskCut needs features [C, rows, columns] with a value for each channel and patch");
  return at::from_blob(const_cast<float*>(map.values.data()), {channels, rows, columns}, at::kFloat);
}

}  // namespace
}  // namespace vcl

/// What libvcl compares with its own (kEngineAbiSymbol).
extern "C" __attribute__((visibility("default"))) std::uint64_t vcl_engine_abi() {
  return vcl::engine_abi();
}

/// What vcl::open_engine looks up (kOpenEngineSymbol).
extern "C" __attribute__((visibility("default"))) vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  return vcl::translated([&]() -> vcl::Engine* {
    if (options.mode == vcl::DecodeMode::Whole) return new vcl::WholeVideoEngine(options);
    return new vcl::StreamingEngine(options);
  });
}

/// What vcl::open_model looks up.
extern "C" __attribute__((visibility("default"))) vcl::LoadedModel* vcl_model_open(const vcl::EngineOptions& options) {
  return vcl::translated([&] { return new vcl::VideoModel(vcl::open_video_model(options)); });
}

/// What vcl::open_features looks up.
extern "C" __attribute__((visibility("default"))) vcl::FeatureExtractor* vcl_features_open(
    const vcl::FeatureOptions& options) {
  return vcl::translated([&] { return new vcl::NetworkExtractor(options); });
}

/// What vcl::maskcut looks up.
extern "C" __attribute__((visibility("default"))) void vcl_maskcut(const vcl::FeatureMap& features,
                                                                   const vcl::MaskCutOptions& options, int threads,
                                                                   const std::string& device,
                                                                   std::vector<vcl::CutStep>* steps) {
  *steps = vcl::translated([&] {
    const c10::InferenceMode no_gradients;
    vcl::use_threads(threads);
    return vcl::maskcut(vcl::as_tensor(features).to(vcl::open_exact_device(device)), options);
  });
}

/// What vcl::finish_cuts looks up.
extern "C" __attribute__((visibility("default"))) bool vcl_refine_masks(
    std::span<const std::uint8_t> rgb, vcl::Size size, const vcl::CrfSettings& settings,
    std::span<const vcl::Mask> masks, const std::string& device, std::vector<vcl::Mask>* refined) {
  return vcl::translated([&] {
    const c10::InferenceMode no_gradients;
    const at::Device opened = vcl::open_exact_device(device);
    if (!opened.is_cuda() || !vcl::has_cuda_crf()) return false;
    *refined = vcl::cuda_refine(rgb, size, settings, masks, opened);
    return true;
  });
}
