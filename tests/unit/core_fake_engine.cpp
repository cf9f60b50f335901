// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine module without LibTorch, for the test of the loader: it says which model it was given.
#include "libvcl/loader/engine_module.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace {

class FakeEngine final : public vcl::Engine {
 public:
  void set_filters(const vcl::Filters&) override {}
  int latency_frames() const override { return 41; }
  std::vector<vcl::FrameResult> push(const vcl::FrameView&, std::int64_t, bool) override { return {}; }
  std::vector<vcl::FrameResult> drain() override { return {}; }
  void reset() override {}
};

/// A grid of patches of one pixel: the number of threads that was asked for.
class FakeExtractor final : public vcl::FeatureExtractor {
 public:
  explicit FakeExtractor(int threads) : threads_(threads) {}
  vcl::FeatureMap extract(const vcl::FrameView& frame) override {
    const std::vector<float> values(std::size_t(frame.size.width) * frame.size.height, float(threads_));
    return {1, frame.size, 1, frame.size, values};
  }
  vcl::NetworkInput input(const vcl::FrameView&) override { return {}; }

 private:
  int threads_;
};

}  // namespace

#ifndef VCL_STALE_ENGINE
#define VCL_STALE_ENGINE 0
#endif
extern "C" [[gnu::visibility("default")]] std::uint64_t vcl_engine_abi() {
  return vcl::engine_abi() + VCL_STALE_ENGINE;
}

extern "C" [[gnu::visibility("default")]] vcl::FeatureExtractor* vcl_features_open(const vcl::FeatureOptions& options) {
  if (options.layer == 99) throw vcl::Error(vcl::ErrorKind::Invalid, "no layer 99");
  return new FakeExtractor(options.threads);
}

extern "C" [[gnu::visibility("default")]] void vcl_maskcut(const vcl::FeatureMap& features,
                                                           const vcl::MaskCutOptions& options, int threads,
                                                           const std::string& device,
                                                           std::vector<vcl::CutStep>* steps) {
  if (features.values.empty()) throw vcl::Error(vcl::ErrorKind::Invalid, "no values");
  steps->resize(options.masks);
  steps->front().split.seed = threads;
  steps->front().split.corners = int(device.size());
}

/// Leaves "auto" to the processor, has no "cuda:9", and elsewhere adds the first pixel to every mask.
extern "C" [[gnu::visibility("default")]] bool vcl_refine_masks(std::span<const std::uint8_t>, vcl::Size,
                                                                const vcl::CrfSettings&,
                                                                std::span<const vcl::Mask> masks,
                                                                const std::string& device,
                                                                std::vector<vcl::Mask>* refined) {
  if (device == "auto") return false;
  if (device == "cuda:9") throw vcl::Error(vcl::ErrorKind::Library, "no " + device);
  refined->assign(masks.begin(), masks.end());
  for (vcl::Mask& mask : *refined) mask.pixels[0] = 1;
  return true;
}

extern "C" [[gnu::visibility("default")]] vcl::LoadedModel* vcl_model_open(const vcl::EngineOptions& options) {
  if (options.device != "auto") throw vcl::Error(vcl::ErrorKind::NotFound, "model " + options.model);
  return new vcl::LoadedModel;
}

extern "C" [[gnu::visibility("default")]] vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  if (options.device != "auto") throw vcl::Error(vcl::ErrorKind::NotFound, "model " + options.model);
  return new FakeEngine;
}
