// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/maskcut/photo_features.hpp"

#include <c10/core/GradMode.h>

#include "engine/dino/preprocess.hpp"
#include "engine/nn/resnet.hpp"
#include "engine/video/video_mask2former.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kSide = 480, kVideoSide = 256;
constexpr std::size_t kStride8 = 2;  // of a video network's levels: strides 32, 16, 8
constexpr std::size_t kRes4 = 2;     // of a ResNet's stages res2..res5

at::Tensor centred(const at::Tensor& features) {
  return features - features.mean({2, 3}, true);
}

bool is_video(const std::string& architecture) {
  return architecture == "video_mask2former" || architecture == "dense_saliency";
}

}  // namespace

FeatureNetwork load_feature_network(const std::string& path) {
  FeatureNetwork network{load_model(path), {}};
  const std::string architecture = network.model.config["architecture"];
  try {
    if (architecture == kVitArchitecture)
      vit_verify(network.model.weights, VitConfig::from_json(network.model.config));
    else if (architecture != kResnetArchitecture && !is_video(architecture))
      throw Error(ErrorKind::Unsupported, "MaskCut has no features from a " + architecture);
    const std::vector<std::uint8_t> grey(64 * 64 * 3, 128);
    photo_features(grey.data(), {64, 64}, network);  // so that a model that does not fit is refused here, by name
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Unreadable, path + ": the tensors do not fit each other: " + error.what_without_backtrace());
  }
  return network;
}

at::Tensor photo_features(const std::uint8_t* rgb, Size size, FeatureNetwork& network) {
  const at::NoGradGuard no_grad;
  const Model& model = network.model;
  const std::string architecture = model.config["architecture"];
  if (architecture == kVitArchitecture) {
    const at::Tensor image = vit_input_resized(rgb, size, kSide, int(vit_patch(model.weights)));
    return vit_features(image, model.weights, VitConfig::from_json(model.config), VitFacet::Key, &network.positions)[0];
  }
  const bool video = is_video(architecture);
  const at::Tensor image = vit_input_resized(rgb, size, video ? kVideoSide : kSide, 32);
  const VideoConfig config = VideoConfig::from_json(model.config);
  if (video) return centred(frame_features(image, model.weights, config).levels.at(kStride8))[0];
  return centred(resnet(image, model.weights / "backbone", config.stem_pool, false).at(kRes4))[0];
}

}  // namespace vcl
