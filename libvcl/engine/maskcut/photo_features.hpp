// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "engine/dino/vit.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// A network whose features MaskCut cuts, any that vcl-train makes. Not for several threads at once.
struct FeatureNetwork {
  Model model;
  VitPositions positions;
};

/// Throws Error(NotFound | Unreadable | Unsupported) naming the file.
FeatureNetwork load_feature_network(const std::string& path);

/// Patch features [C, g, g] of RGB pixels [height, width, 3], whatever the shape of the image, as in the original:
/// - a vision transformer: keys of the last block at 480 pixels a side (method.md 1.3 and 1.4);
/// - a ResNet of `pretrain`: its stride-16 stage at 480;
/// - a video or dense network of `fit`: its pixel decoder's stride-8 features at 256.
/// Features of convolutional networks share a large common part, so their mean over the image is taken off.
at::Tensor photo_features(const std::uint8_t* rgb, Size size, FeatureNetwork& network);

}  // namespace vcl
