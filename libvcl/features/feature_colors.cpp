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
constexpr double kPace = 0.05;           // share of the step to the axes, mean and contrast of the new image
constexpr double kRounding = 1e-5;       // rounding error of scores, relative to the length of the mean
constexpr double kLeastContrast = 1e-3;  // of an axis, relative to the strongest one; lower contrast is rounding error

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add(std::vector<double>& to, double factor, const std::vector<double>& what) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
}

/// Returns an arbitrary direction, always the same.
std::vector<double> any_direction(std::size_t channels, int axis) {
  std::vector<double> direction(channels);
  for (std::size_t i = 0; i < channels; ++i) direction[i] = std::cos(double(axis + 1) * double(i + 1));
  return direction;
}

/// Makes axis k orthogonal to the axes before it, with unit length. Returns false if it depends on them.
bool orthogonalise(Axes& axes, int k) {
  const double before = std::sqrt(dot(axes[k], axes[k]));
  for (int pass = 0; pass < 2; ++pass)  // the second pass removes rounding errors of the first
    for (int j = 0; j < k; ++j) add(axes[k], -dot(axes[k], axes[j]), axes[j]);
  const double length = std::sqrt(dot(axes[k], axes[k]));
  const bool independent = length > 1e-6 * before && length > 1e-30;
  for (double& value : axes[k]) value = independent ? value / length : 0;
  return independent;
}

/// Makes three orthonormal axes. A dependent axis is replaced by an arbitrary direction, or by 0 if the features have
/// too few channels.
void orthonormalise(Axes& axes) {
  for (int k = 0; k < 3; ++k) {
    if (orthogonalise(axes, k)) continue;
    axes[k] = any_direction(axes[k].size(), k);
    orthogonalise(axes, k);
  }
}

/// The scores of each patch on each axis.
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

/// Adds one channel to the scores on all three axes, so that it is read only once.
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

/// Returns the products of one channel with the scores. Many sums run side by side, so that the compiler vectorizes the
/// loop.
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

/// Runs one step of subspace iteration: the covariance of the features times the axes, orthonormalized.
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
    if (-low > high)  // makes the score with the largest magnitude positive
      for (double& value : look.axes[k]) value = -value;
  }
  look.deviation = deviations(scores);
  return look;
}

void FeatureColors::follow(const FeatureMap& features, const std::vector<double>& mean) {
  const Axes strongest = sharpened(features, mean, look_.axes);
  for (std::vector<double>& axis : look_.axes) {
    std::vector<double> nearest(axis.size());  // projection of the axis on the strongest axes of the new image
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
    started_ = look_.deviation[0] > rounding;  // an image without contrast (fade from black) determines no axes
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
