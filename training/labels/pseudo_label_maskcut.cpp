// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/Parallel.h>

#include <algorithm>

#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/photo_features.hpp"
#include "training/labels/instance_labels.hpp"

/// Pseudo instances by MaskCut: three cuts of each photo's features (method.md 2), without thresholds except tau.
namespace vcl::train {
namespace {

constexpr MaskCutOptions kCuts{.tau = 0.15, .masks = 3};
constexpr const char* kMethod = "maskcut 1, tau 0.15, 3 masks";  // changes whenever the labels change

std::vector<Mask> masks_of(const Photo& photo, FeatureNetwork& network, bool crf) {
  const at::Tensor features = photo_features(photo.rgb, photo.size, network);
  const std::vector<CutStep> steps = maskcut(features, kCuts);
  const Size grid = {int(features.size(2)), int(features.size(1))};
  if (!crf) return cut_masks(steps, grid, photo.size);
  FrameView frame;
  frame.size = photo.size;
  frame.planes[0] = photo.rgb;
  frame.strides[0] = std::ptrdiff_t(photo.size.width) * 3;
  return finish_cuts(steps, grid, photo_input_size(network), frame);
}

/// Returns the cuts with weight 1 if both object and background are non-empty, else 0. Masks may overlap after the CRF;
/// the earlier cut is on top then.
InstanceMap cut_out(const Photo& photo, FeatureNetwork& network, bool crf) {
  const std::vector<Mask> masks = masks_of(photo, network, crf);
  InstanceMap map;
  map.ids = number_instances(masks, masks.front().pixels.size());
  const auto background = std::count(map.ids.begin(), map.ids.end(), 0);
  map.weight = background > 0 && background < std::ptrdiff_t(map.ids.size()) ? 1.0F : 0.0F;
  return map;
}

}  // namespace

void label_by_maskcut(const PseudoLabelOptions& options) {
  at::set_num_threads(options.threads);
  FeatureNetwork network = load_feature_network(options.model);
  std::string method = kMethod;
  if (options.crf) method.append(", crf");
  method.append(", model ").append(options.model);
  write_instance_labels(options, {"pseudo-label", "maskcut", method},
                        [&](const Photo& photo) { return cut_out(photo, network, options.crf); });
}

}  // namespace vcl::train
