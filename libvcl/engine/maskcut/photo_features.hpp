// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "libvcl/engine/dino/vit.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// A network whose features MaskCut cuts: any network that vcl-train makes. Not thread-safe.
struct FeatureNetwork {
  Model model;
  VitPositions positions;
  at::Device device = at::kCPU;
  Precision precision = Precision::Fp32;
};

/// Selects the features. The defaults are those of the method.
struct PhotoFeatures {
  Facet facet = Facet::Key;
  int layer = -1;
  Size input{};  ///< 0x0: photo_input_size
};

/// Throws Error(NotFound | Unreadable | Unsupported) that names the file.
FeatureNetwork load_feature_network(const std::string& path, at::Device device = at::kCPU,
                                    Precision precision = Precision::Fp32);

/// Returns the size that the method scales photos to: 480x480, or 256x256 for a video or dense network of `fit`.
Size photo_input_size(const FeatureNetwork& network);

/// Prepares RGB pixels [height, width, 3] of an image of any shape as input of the network: normalized [1, 3, H, W] on
/// its device, sides rounded to whole patches.
at::Tensor photo_input(const std::uint8_t* rgb, Size size, const FeatureNetwork& network, Size input = {});

/// Returns the patch features [C, gh, gw] of such an input, as in the original:
/// - a vision transformer: keys of the last block (method.md 1.3), or another facet or layer;
/// - a ResNet of `pretrain`: its stride-16 stage;
/// - a video or dense network of `fit`: its pixel decoder's stride-8 features.
/// Features of convolutional networks share a large common part, so their mean over the image is subtracted. If
/// `attention` is given, it is set to the attention of the layer's class token [gh, gw], or to undefined for
/// convolutional networks. Throws Error(Invalid | Unsupported) if a layer or facet does not exist.
at::Tensor input_features(const at::Tensor& input, FeatureNetwork& network, const PhotoFeatures& what = {},
                          at::Tensor* attention = nullptr);

/// Returns the features of a photo at the method's size.
at::Tensor photo_features(const std::uint8_t* rgb, Size size, FeatureNetwork& network);

}  // namespace vcl
