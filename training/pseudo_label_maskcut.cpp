// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/Parallel.h>

#include <algorithm>

#include "engine/maskcut/maskcut.hpp"
#include "engine/maskcut/photo_features.hpp"
#include "training/instance_labels.hpp"

/// Pseudo instances by MaskCut: three cuts of each photo's features (method.md 2), no threshold but tau.
namespace vcl::train {
namespace {

constexpr MaskCutOptions kCuts{.tau = 0.15, .masks = 3};
constexpr const char* kMethod = "maskcut 1, tau 0.15, 3 masks";  // changes whenever the labels change

/// Weight 1 where anything was cut out and something is left.
InstanceMap cut_out(const Photo& photo, FeatureNetwork& network) {
  const at::Tensor features = photo_features(photo.rgb, photo.size, network);
  const Size grid{int(features.size(2)), int(features.size(1))};
  const std::vector<Mask> masks = cut_masks(maskcut(features, kCuts), grid, photo.size);
  InstanceMap map;
  map.ids.resize(masks.front().pixels.size());
  for (std::size_t i = 0; i < masks.size(); ++i)  // cuts are disjoint
    for (std::size_t p = 0; p < map.ids.size(); ++p)
      if (masks[i].pixels[p] != 0) map.ids[p] = std::uint8_t(i + 1);
  const auto background = std::count(map.ids.begin(), map.ids.end(), 0);
  map.weight = background > 0 && background < std::ptrdiff_t(map.ids.size()) ? 1.0F : 0.0F;
  return map;
}

}  // namespace

void label_by_maskcut(const PseudoLabelOptions& options) {
  at::set_num_threads(options.threads);
  FeatureNetwork network = load_feature_network(options.model);
  std::string method = kMethod;
  method.append(", model ").append(options.model);
  write_instance_labels(options, {"pseudo-label", "maskcut", method},
                        [&](const Photo& photo) { return cut_out(photo, network); });
}

}  // namespace vcl::train
