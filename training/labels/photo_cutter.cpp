// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/photo_cutter.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/photo_features.hpp"
#include "libvcl/engine/torch_errors.hpp"

namespace vcl::train {

struct PhotoCutter::Impl {
  FeatureNetwork network;
  Size input;
  MaskCutOptions cuts;
  bool crf;
};

PhotoCutter::PhotoCutter(const std::string& model, Precision precision, Size input, const MaskCutOptions& cuts,
                         bool crf) {
  at::set_num_threads(1);
  FeatureNetwork network = load_feature_network(model, at::kCPU, precision);
  const Size size = input == Size{} ? photo_input_size(network) : input;
  impl_ = std::make_unique<Impl>(Impl{std::move(network), size, cuts, crf});
}

PhotoCutter::PhotoCutter(const PhotoCutter& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}

PhotoCutter::~PhotoCutter() = default;

Size PhotoCutter::input() const {
  return impl_->input;
}

std::vector<Mask> PhotoCutter::cut(const std::uint8_t* rgb) {
  return translated([&] {
    at::init_num_threads();  // OpenMP chooses its number of threads again in each new thread
    const c10::InferenceMode no_gradients;
    const Size size = impl_->input;
    const at::Tensor features =
        input_features(photo_input(rgb, size, impl_->network, size), impl_->network).to(at::kCPU, at::kFloat);
    const std::vector<CutStep> steps = maskcut(features, impl_->cuts);
    const Size grid = {int(features.size(2)), int(features.size(1))};
    FrameView frame;
    frame.size = size;
    frame.planes[0] = rgb;
    frame.strides[0] = std::ptrdiff_t(size.width) * 3;
    return finish_cuts(steps, grid, size, frame, {.crf = impl_->crf});
  });
}

}  // namespace vcl::train
