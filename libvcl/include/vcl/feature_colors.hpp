// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vcl/features.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// The three strongest principal components of features as red, green and blue, for people to look at. Over a stream
/// colours are stable: axes, mean and contrast are those of the first image with any contrast, and then follow slowly,
/// a twentieth of the way with each image, each axis turned to the nearest direction that the new image has, so that
/// none flips its sign or changes place with another.
class FeatureColors {
 public:
  /// R G B for each patch, row-major, mid-grey at the mean. Features of another number of channels start anew.
  /// Throws Error(Invalid) for features that are empty, do not fit their grid or are not finite.
  std::vector<std::uint8_t> paint(const FeatureMap& features);

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

/// Cosine similarity of every patch to patch `patch` (row-major). Patches of length 0 are unlike all: 0. Throws
/// Error(Invalid) as paint(), and for a patch that there is not.
std::vector<float> patch_similarity(const FeatureMap& features, int patch);

/// R G B for each value of -1 to 1 (beyond: as those): black at 0, through red to yellow at 1, blue at -1.
std::vector<std::uint8_t> heat_colors(std::span<const float> values);

/// Attention for people to look at, 1 for the most of it. Over a stream the scale is stable: it is that of the first
/// image and then follows slowly, a twentieth of the way with each image.
class AttentionScale {
 public:
  /// FeatureMap::attention from 0 to 1. Throws Error(Invalid) where it is empty, does not fit the grid, or is not
  /// finite.
  std::vector<float> apply(const FeatureMap& features);

  void reset() { *this = {}; }

 private:
  float most_ = 0;  // 0: not started
};

}  // namespace vcl
