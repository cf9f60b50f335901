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
  const at::Tensor masks =
      maskcut_pixels(maskcut(features, kCuts), features.size(2), photo.size.width, photo.size.height);
  const at::Tensor numbers = at::arange(1, masks.size(0) + 1, at::kByte).view({-1, 1, 1});
  const at::Tensor ids = std::get<0>((masks * numbers).max(0)).contiguous();  // cuts are disjoint
  InstanceMap map;
  map.ids.assign(ids.const_data_ptr<std::uint8_t>(), ids.const_data_ptr<std::uint8_t>() + ids.numel());
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
  write_instance_labels(options, "maskcut", method, [&](const Photo& photo) { return cut_out(photo, network); });
}

}  // namespace vcl::train
