// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>

#include "libvcl/features/check_features.hpp"
#include "vcl/error.hpp"
#include "vcl/feature_colors.hpp"

namespace vcl {

void check_features(const FeatureMap& features) {
  const auto& [width, height] = features.grid;
  if (features.channels < 1 || width < 1 || height < 1 ||
      features.values.size() / std::size_t(features.channels) != std::size_t(width) * std::size_t(height) ||
      features.values.size() % std::size_t(features.channels) != 0)
    throw Error(ErrorKind::Invalid, "features need a value for each channel and patch");
  if (!std::ranges::all_of(features.values, [](float value) { return std::isfinite(value); }))
    throw Error(ErrorKind::Invalid, "features must be finite numbers: the model or the input is broken");
}

std::vector<float> patch_similarity(const FeatureMap& features, int patch) {
  check_features(features);
  const std::size_t patches = features.values.size() / std::size_t(features.channels);
  if (patch < 0 || std::size_t(patch) >= patches)
    throw Error(ErrorKind::Invalid, "there is no patch " + std::to_string(patch) + " in features of " +
                                        std::to_string(patches) + " patches");
  std::vector<double> product(patches), square(patches);
  for (int c = 0; c < features.channels; ++c) {
    const float* channel = features.values.data() + std::size_t(c) * patches;
    for (std::size_t i = 0; i < patches; ++i) {
      product[i] += double(channel[i]) * channel[patch];
      square[i] += double(channel[i]) * channel[i];
    }
  }
  std::vector<float> similarity(patches);
  for (std::size_t i = 0; i < patches; ++i) {
    const double lengths = std::sqrt(square[i]) * std::sqrt(square[std::size_t(patch)]);
    similarity[i] = lengths > 0 ? float(std::clamp(product[i] / lengths, -1.0, 1.0)) : 0;
  }
  return similarity;
}

}  // namespace vcl
