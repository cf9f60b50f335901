// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vcl/features.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Paints the three strongest principal components of features as red, green and blue. Colors are stable over a stream.
/// Axes, mean and contrast are those of the first image that has any contrast. With each later image they move by a
/// twentieth toward that image's own. Each axis turns to the nearest axis of the new image, so no axis flips its sign
/// or changes places with another.
///
/// Threads: calls of one object must not overlap.
class FeatureColors {
 public:
  /// Returns R G B per patch, row-major; gray at the mean. Features with another number of channels start again. Throws
  /// Error(Invalid) if the features are empty, do not fit their grid or are not finite.
  std::vector<std::uint8_t> paint(const FeatureMap& features);

  /// Forgets the stream: the next image is the first one.
  void reset() { *this = {}; }

 private:
  using Axes = std::array<std::vector<double>, 3>;
  struct Look {
    std::vector<double> mean;  // of each channel
    Axes axes;                 // orthonormal
    std::array<double, 3> deviation{};
  };
  static Look first_look(const FeatureMap& features, const std::vector<double>& mean);
  void follow(const FeatureMap& features, const std::vector<double>& mean);

  Look look_;
  bool started_ = false;
};

/// Returns the cosine similarity of every patch to patch `patch` (row-major index). Patches of length 0 have similarity
/// 0. Throws Error(Invalid) as paint(), and if the patch does not exist.
std::vector<float> patch_similarity(const FeatureMap& features, int patch);

/// Returns R G B per value of -1 to 1; values outside are clamped. 0 is black, 1 is yellow (through red), -1 is blue.
std::vector<std::uint8_t> heat_colors(std::span<const float> values);

/// Scales attention to be looked at: its maximum becomes 1. The scale is stable over a stream: it is that of the first
/// image, and moves by a twentieth toward that of each later image.
class AttentionScale {
 public:
  /// Returns FeatureMap::attention scaled to 0 to 1. Throws Error(Invalid) if it is empty, does not fit the grid or is
  /// not finite.
  std::vector<float> apply(const FeatureMap& features);

  /// Forgets the stream: the next image is the first one.
  void reset() { *this = {}; }

 private:
  float most_ = 0;  // 0: not started
};

}  // namespace vcl
