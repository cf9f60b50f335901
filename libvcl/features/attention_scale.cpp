// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>

#include "vcl/error.hpp"
#include "vcl/feature_colors.hpp"

namespace vcl {
namespace {

constexpr float kPace = 0.05f;  // share of the step to the scale of the new image

}  // namespace

std::vector<float> AttentionScale::apply(const FeatureMap& features) {
  if (features.attention.empty())
    throw Error(ErrorKind::Invalid, "the features hold no attention: only vision transformers have any");
  if (features.grid.width < 1 || features.grid.height < 1 ||
      features.attention.size() != std::size_t(features.grid.width) * std::size_t(features.grid.height))
    throw Error(ErrorKind::Invalid, "the attention is of another grid than the features");
  if (!std::ranges::all_of(features.attention, [](float value) { return std::isfinite(value); }))
    throw Error(ErrorKind::Invalid, "attention must be finite numbers: the model or the input is broken");
  const float most = *std::ranges::max_element(features.attention);
  most_ = most_ > 0 ? most_ + kPace * (most - most_) : most;
  std::vector<float> scaled = features.attention;
  for (float& value : scaled) value = most_ > 0 ? std::clamp(value / most_, 0.0f, 1.0f) : 0;
  return scaled;
}

}  // namespace vcl
