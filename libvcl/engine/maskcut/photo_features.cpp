// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/photo_features.hpp"

#include <c10/core/GradMode.h>

#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "libvcl/engine/precision.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kConvolutionGrid = 32;  // the sides of inputs to convolutional networks are multiples of it
constexpr std::size_t kStride8 = 2;   // index in the levels of a video network: strides 32, 16, 8
constexpr std::size_t kRes4 = 3;      // index in the result of resnet()

at::Tensor centred(const at::Tensor& features) {
  return features - features.mean({2, 3}, true);
}

bool is_video(const std::string& architecture) {
  return architecture == "video_mask2former" || architecture == "dense_saliency";
}

}  // namespace

FeatureNetwork load_feature_network(const std::string& path, at::Device device, Precision precision) {
  FeatureNetwork network{load_model(path), {}, device, precision};
  for (auto& [name, tensor] : network.model.weights.tensors()) {
    const bool narrow = precision == Precision::Bf16 && tensor.dim() >= 2 && name.ends_with(".weight");
    tensor = tensor.to(device, narrow ? at::kBFloat16 : tensor.scalar_type());  // once instead of for every image
  }
  try {
    const std::string architecture = network.model.config["architecture"];
    if (architecture == kVitArchitecture) {
      vit_verify(network.model.weights, VitConfig::from_json(network.model.config));
      return network;
    }
    if (architecture != kResnetArchitecture && !is_video(architecture))
      throw Error(ErrorKind::Unsupported, "MaskCut has no features from a " + architecture);
    const std::vector<std::uint8_t> grey(64 * 64 * 3, 128);
    photo_features(grey.data(), {64, 64}, network);  // refuses a model that does not fit here, with its name
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Unreadable, path + ": the tensors do not fit each other: " + error.what_without_backtrace());
  }
  return network;
}

Size photo_input_size(const FeatureNetwork& network) {
  return is_video(network.model.config["architecture"]) ? Size{256, 256} : Size{480, 480};
}

at::Tensor photo_input(const std::uint8_t* rgb, Size size, const FeatureNetwork& network, Size input) {
  const bool vit = network.model.config["architecture"] == kVitArchitecture;
  const int patch = vit ? int(vit_patch(network.model.weights)) : kConvolutionGrid;
  const Size fixed = input == Size{} ? photo_input_size(network) : input;
  return vit_input_resized(rgb, size, fixed, patch).to(network.device);
}

at::Tensor input_features(const at::Tensor& input, FeatureNetwork& network, const PhotoFeatures& what,
                          at::Tensor* attention) {
  const at::NoGradGuard no_grad;
  const ProductPrecision products(network.device.type(), network.precision);
  const Model& model = network.model;
  const std::string architecture = model.config["architecture"];
  if (architecture == kVitArchitecture) {
    const VitConfig config = VitConfig::from_json(model.config);
    const at::Tensor features =
        vit_features(input, model.weights, config, what.facet, &network.positions, what.layer, attention);
    if (attention) *attention = (*attention)[0];
    return features[0];
  }
  if (what.layer != -1 || what.facet != Facet::Key)
    throw Error(ErrorKind::Unsupported,
                "a " + architecture + " has no layers and facets to choose from: only vision transformers have");
  const VideoConfig config = VideoConfig::from_json(model.config);
  if (is_video(architecture)) return centred(frame_features(input, model.weights, config).levels.at(kStride8))[0];
  return centred(resnet(input, model.weights / "backbone", config.stem_pool, false).at(kRes4))[0];
}

at::Tensor photo_features(const std::uint8_t* rgb, Size size, FeatureNetwork& network) {
  return input_features(photo_input(rgb, size, network), network);
}

}  // namespace vcl
