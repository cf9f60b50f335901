// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/feature_colors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/features/check_features.hpp"

namespace vcl {
namespace {

using Axes = std::array<std::vector<double>, 3>;

constexpr int kFirstIterations = 20;
constexpr double kPace = 0.05;           // share of the way to the new image's axes, mean and contrast
constexpr double kLeastContrast = 1e-3;  // of an axis, to that of the strongest: below it is rounding

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add(std::vector<double>& to, double factor, const std::vector<double>& what) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
}

/// An arbitrary direction, the same each time.
std::vector<double> any_direction(std::size_t channels, int axis) {
  std::vector<double> direction(channels);
  for (std::size_t i = 0; i < channels; ++i) direction[i] = std::cos(double(axis + 1) * double(i + 1));
  return direction;
}

/// Makes axis k of unit length and orthogonal to those before; false where it depends on them.
bool orthogonalise(Axes& axes, int k) {
  const double before = std::sqrt(dot(axes[k], axes[k]));
  for (int pass = 0; pass < 2; ++pass)  // once more for what rounding left
    for (int j = 0; j < k; ++j) add(axes[k], -dot(axes[k], axes[j]), axes[j]);
  const double length = std::sqrt(dot(axes[k], axes[k]));
  const bool independent = length > 1e-6 * before && length > 1e-30;
  for (double& value : axes[k]) value = independent ? value / length : 0;
  return independent;
}

/// An axis without a direction of its own takes an arbitrary one, so that there always are three (0 where the features
/// have fewer channels).
void orthonormalise(Axes& axes) {
  for (int k = 0; k < 3; ++k) {
    if (orthogonalise(axes, k)) continue;
    axes[k] = any_direction(axes[k].size(), k);
    orthogonalise(axes, k);
  }
}

std::vector<double> mean_of(const FeatureMap& features) {
  const std::size_t patches = features.values.size() / std::size_t(features.channels);
  std::vector<double> mean(std::size_t(features.channels));
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const auto first = features.values.begin() + std::ptrdiff_t(c * patches);
    mean[c] = std::accumulate(first, first + std::ptrdiff_t(patches), 0.0) / double(patches);
  }
  return mean;
}

/// Of each patch on each axis.
Axes scores_of(const FeatureMap& features, const std::vector<double>& mean, const Axes& axes) {
  const std::size_t patches = features.values.size() / mean.size();
  Axes scores;
  for (int k = 0; k < 3; ++k) {
    scores[k].assign(patches, -dot(axes[k], mean));
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const float* channel = features.values.data() + c * patches;
      const double weight = axes[k][c];
      for (std::size_t i = 0; i < patches; ++i) scores[k][i] += weight * channel[i];
    }
  }
  return scores;
}

/// The features' covariance times the axes, one step of subspace iteration, orthonormal.
Axes sharpened(const FeatureMap& features, const std::vector<double>& mean, const Axes& axes) {
  const Axes scores = scores_of(features, mean, axes);
  const std::size_t patches = scores[0].size();
  Axes result;
  for (int k = 0; k < 3; ++k) {
    const double total = std::accumulate(scores[k].begin(), scores[k].end(), 0.0);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const float* channel = features.values.data() + c * patches;
      result[k].push_back(std::inner_product(channel, channel + patches, scores[k].begin(), -mean[c] * total));
    }
  }
  orthonormalise(result);
  return result;
}

std::array<double, 3> deviations(const Axes& scores) {
  std::array<double, 3> result;
  for (int k = 0; k < 3; ++k) result[k] = std::sqrt(dot(scores[k], scores[k]) / double(scores[k].size()));
  return result;
}

}  // namespace

FeatureColors::Look FeatureColors::first_look(const FeatureMap& features) {
  Look look;
  look.mean = mean_of(features);
  for (int k = 0; k < 3; ++k) look.axes[k] = any_direction(look.mean.size(), k);
  orthonormalise(look.axes);
  for (int i = 0; i < kFirstIterations; ++i) look.axes = sharpened(features, look.mean, look.axes);
  const Axes scores = scores_of(features, look.mean, look.axes);
  for (int k = 0; k < 3; ++k) {
    const auto [low, high] = std::ranges::minmax(scores[k]);
    if (-low > high)  // the largest score is positive
      for (double& value : look.axes[k]) value = -value;
  }
  look.deviation = deviations(scores);
  return look;
}

void FeatureColors::follow(const FeatureMap& features) {
  const std::vector<double> mean = mean_of(features);
  const Axes strongest = sharpened(features, mean, look_.axes);
  for (std::vector<double>& axis : look_.axes) {
    std::vector<double> nearest(axis.size());  // its projection on what is strongest in the new image
    for (const std::vector<double>& other : strongest) add(nearest, dot(axis, other), other);
    for (std::size_t c = 0; c < axis.size(); ++c) axis[c] += kPace * (nearest[c] - axis[c]);
  }
  orthonormalise(look_.axes);
  const std::array<double, 3> deviation = deviations(scores_of(features, mean, look_.axes));
  for (int k = 0; k < 3; ++k) look_.deviation[k] += kPace * (deviation[k] - look_.deviation[k]);
  for (std::size_t c = 0; c < mean.size(); ++c) look_.mean[c] += kPace * (mean[c] - look_.mean[c]);
}

std::vector<std::uint8_t> FeatureColors::paint(const FeatureMap& features) {
  check_features(features);
  if (started_ && look_.mean.size() == std::size_t(features.channels)) {
    follow(features);
  } else {
    look_ = first_look(features);
    started_ = look_.deviation[0] > 1e-9;  // an image without contrast, a fade from black, tells nothing of axes
  }
  const Axes scores = scores_of(features, look_.mean, look_.axes);
  const double floor = kLeastContrast * *std::ranges::max_element(look_.deviation) + 1e-9;
  std::vector<std::uint8_t> colors(3 * scores[0].size());
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const double score = scores[i % 3][i / 3] / std::max(look_.deviation[i % 3], floor);
    colors[i] = std::uint8_t(std::lround(std::clamp(127.5 + 60 * score, 0.0, 255.0)));
  }
  return colors;
}

}  // namespace vcl
