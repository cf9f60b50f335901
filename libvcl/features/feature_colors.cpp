// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/feature_colors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libvcl/features/check_features.hpp"

namespace vcl {
namespace {

using Axes = std::array<std::vector<double>, 3>;

constexpr int kFirstIterations = 20;
constexpr double kPace = 0.05;           // share of the way to the new image's axes, mean and contrast
constexpr double kRounding = 1e-5;       // of scores, to the length of the mean
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

/// Scores of each patch on each axis.
using Scores = std::array<std::vector<float>, 3>;

std::size_t patches_of(const FeatureMap& features) {
  return features.values.size() / std::size_t(features.channels);
}

std::vector<double> mean_of(const FeatureMap& features) {
  const std::size_t patches = patches_of(features);
  std::vector<double> mean(std::size_t(features.channels));
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const auto first = features.values.begin() + std::ptrdiff_t(c * patches);
    mean[c] = std::accumulate(first, first + std::ptrdiff_t(patches), 0.0) / double(patches);
  }
  return mean;
}

/// Adds one channel, the three axes at once: it is read once.
void add_channel(const float* __restrict channel, const Axes& axes, std::size_t c, Scores& scores) {
  float* __restrict red = scores[0].data();
  float* __restrict green = scores[1].data();
  float* __restrict blue = scores[2].data();
  const float to_red = float(axes[0][c]), to_green = float(axes[1][c]), to_blue = float(axes[2][c]);
  for (std::size_t i = 0, patches = scores[0].size(); i < patches; ++i) {
    red[i] += to_red * channel[i];
    green[i] += to_green * channel[i];
    blue[i] += to_blue * channel[i];
  }
}

Scores scores_of(const FeatureMap& features, const std::vector<double>& mean, const Axes& axes) {
  const std::size_t patches = patches_of(features);
  Scores scores;
  for (int k = 0; k < 3; ++k) scores[k].assign(patches, float(-dot(axes[k], mean)));
  for (std::size_t c = 0; c < mean.size(); ++c) add_channel(features.values.data() + c * patches, axes, c, scores);
  return scores;
}

/// Products of one channel with the scores, many sums side by side so that the compiler makes vectors of them.
std::array<double, 3> products(const float* channel, const Scores& scores) {
  constexpr std::size_t kLanes = 8;
  float sums[3][kLanes] = {};
  const std::size_t patches = scores[0].size(), whole = patches - patches % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (int k = 0; k < 3; ++k)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[k][lane] += channel[i + lane] * scores[k][i + lane];
  std::array<double, 3> result;
  for (int k = 0; k < 3; ++k) {
    result[k] = std::accumulate(sums[k], sums[k] + kLanes, 0.0);
    for (std::size_t i = whole; i < patches; ++i) result[k] += channel[i] * scores[k][i];
  }
  return result;
}

/// The features' covariance times the axes, one step of subspace iteration, orthonormal.
Axes sharpened(const FeatureMap& features, const std::vector<double>& mean, const Axes& axes) {
  const Scores scores = scores_of(features, mean, axes);
  const std::size_t patches = patches_of(features);
  std::array<double, 3> totals;
  for (int k = 0; k < 3; ++k) totals[k] = std::accumulate(scores[k].begin(), scores[k].end(), 0.0);
  Axes result;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const std::array<double, 3> sums = products(features.values.data() + c * patches, scores);
    for (int k = 0; k < 3; ++k) result[k].push_back(sums[k] - mean[c] * totals[k]);
  }
  orthonormalise(result);
  return result;
}

std::array<double, 3> deviations(const Scores& scores) {
  std::array<double, 3> result;
  for (int k = 0; k < 3; ++k) {
    const double square = std::inner_product(scores[k].begin(), scores[k].end(), scores[k].begin(), 0.0);
    result[k] = std::sqrt(square / double(scores[k].size()));
  }
  return result;
}

}  // namespace

FeatureColors::Look FeatureColors::first_look(const FeatureMap& features, const std::vector<double>& mean) {
  Look look;
  look.mean = mean;
  for (int k = 0; k < 3; ++k) look.axes[k] = any_direction(look.mean.size(), k);
  orthonormalise(look.axes);
  for (int i = 0; i < kFirstIterations; ++i) look.axes = sharpened(features, look.mean, look.axes);
  const Scores scores = scores_of(features, look.mean, look.axes);
  for (int k = 0; k < 3; ++k) {
    const auto [low, high] = std::ranges::minmax(scores[k]);
    if (-low > high)  // the largest score is positive
      for (double& value : look.axes[k]) value = -value;
  }
  look.deviation = deviations(scores);
  return look;
}

void FeatureColors::follow(const FeatureMap& features, const std::vector<double>& mean) {
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
  const std::vector<double> mean = mean_of(features);
  const double rounding = kRounding * std::sqrt(dot(mean, mean)) + 1e-12;
  if (started_ && look_.mean.size() == std::size_t(features.channels)) {
    follow(features, mean);
  } else {
    look_ = first_look(features, mean);
    started_ = look_.deviation[0] > rounding;  // an image without contrast, a fade from black, tells nothing of axes
  }
  const Scores scores = scores_of(features, look_.mean, look_.axes);
  const double floor = std::max(rounding, kLeastContrast * *std::ranges::max_element(look_.deviation));
  std::vector<std::uint8_t> colors(3 * scores[0].size());
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const double score = scores[i % 3][i / 3] / std::max(look_.deviation[i % 3], floor);
    colors[i] = std::uint8_t(std::lround(std::clamp(127.5 + 60 * score, 0.0, 255.0)));
  }
  return colors;
}

}  // namespace vcl
