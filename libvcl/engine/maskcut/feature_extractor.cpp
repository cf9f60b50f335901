// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/feature_extractor.hpp"

#include <c10/core/InferenceMode.h>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* first = plain.const_data_ptr<float>();
  return std::vector<float>(first, first + plain.numel());
}

void check(const FeatureOptions& options, const FeatureNetwork& network) {
  const Size& input = options.input;
  const bool given = input != Size{};
  if (given && (input.width < 1 || input.height < 1 || input.width > kMaxInputSide || input.height > kMaxInputSide))
    throw Error(ErrorKind::Invalid, "the input size must be between 1x1 and " + std::to_string(kMaxInputSide) + "x" +
                                        std::to_string(kMaxInputSide));
  // A trial run refuses an invalid layer here, before the first image.
  const auto side = network.model.config["architecture"] == kVitArchitecture ? vit_patch(network.model.weights) : 64;
  FeatureNetwork trial = network;
  const at::Tensor features = input_features(at::zeros({1, 3, side, side}, at::TensorOptions(network.device)), trial,
                                             {options.facet, options.layer});
  const auto stride = side / features.size(2), patches = (input.width / stride) * (input.height / stride);
  if (patches > kMaxPatches)
    throw Error(ErrorKind::Invalid, "an input of " + std::to_string(input.width) + "x" + std::to_string(input.height) +
                                        " pixels has " + std::to_string(patches) + " patches, more than the " +
                                        std::to_string(kMaxPatches) +
                                        " that can be attended to in sensible time: choose a smaller input size");
}

}  // namespace

NetworkExtractor::NetworkExtractor(const FeatureOptions& options)
    : network_(load_feature_network(model_path(options.model), open_exact_device(options.device), options.precision)),
      what_{options.facet, options.layer, options.input == Size{} ? photo_input_size(network_) : options.input},
      threads_(options.threads),
      attention_(options.attention) {
  check(options, network_);
}

NetworkInput NetworkExtractor::input(const FrameView& frame) {
  return translated([&] {
    const c10::InferenceMode no_gradients;
    const at::Tensor image = photo_input(frame_to_rgb(frame).data(), frame.size, network_, what_.input);
    return NetworkInput{{int(image.size(3)), int(image.size(2))}, values_of(image)};
  });
}

FeatureMap NetworkExtractor::extract(const FrameView& frame) {
  return translated([&] {
    const c10::InferenceMode no_gradients;
    use_threads(threads_);
    const at::Tensor image = photo_input(frame_to_rgb(frame).data(), frame.size, network_, what_.input);
    at::Tensor attention;
    const at::Tensor features = input_features(image, network_, what_, attention_ ? &attention : nullptr);
    FeatureMap map;
    map.channels = int(features.size(0));
    map.grid = {int(features.size(2)), int(features.size(1))};
    map.stride = int(image.size(3)) / map.grid.width;
    map.input = what_.input;
    map.values = values_of(features);
    if (attention.defined()) map.attention = values_of(attention);
    return map;
  });
}

}  // namespace vcl
