// SPDX-License-Identifier: LGPL-2.1-or-later
// Features as colours: the axes are the principal ones, and stay what they are while the stream changes.
#include "vcl/feature_colors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>

#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kSide = 16, kPatches = kSide * kSide;

FeatureMap empty_map(int channels, Size grid = {kSide, kSide}) {
  return {channels, grid, 1, grid, std::vector<float>(std::size_t(channels) * std::size_t(grid.width * grid.height)),
          {}};
}

/// Smooth patterns of unit variance, uncorrelated on the grid.
double pattern(int which, int patch) {
  const double x = (patch % kSide + 0.5) / kSide, y = (patch / kSide + 0.5) / kSide;
  const auto wave = [](int n, double t) { return std::cos(n * std::numbers::pi * t); };
  switch (which) {
    case 0:
      return std::numbers::sqrt2 * wave(1, x);
    case 1:
      return std::numbers::sqrt2 * wave(1, y);
    case 2:
      return 2 * wave(1, x) * wave(1, y);
    default:
      return std::numbers::sqrt2 * wave(which, x);
  }
}

/// Pattern k with strength[k] along direction k of a fixed random orthonormal set.
class Scene {
 public:
  explicit Scene(int channels) : channels_(channels) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (auto& direction : directions_) {
      for (int c = 0; c < channels; ++c) direction.push_back(normal(random));
      for (const auto& other : directions_) {
        if (&other == &direction) break;
        const double along = std::inner_product(other.begin(), other.end(), direction.begin(), 0.0);
        for (int c = 0; c < channels; ++c) direction[std::size_t(c)] -= along * other[std::size_t(c)];
      }
      const double length = std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
      for (double& value : direction) value /= length;
    }
  }

  FeatureMap map(const std::array<double, 4>& strengths, double offset = 3) const {
    FeatureMap map = empty_map(channels_);
    for (int c = 0; c < channels_; ++c)
      for (int i = 0; i < kPatches; ++i) {
        double value = offset + c;
        for (std::size_t k = 0; k < 4; ++k) value += strengths[k] * pattern(int(k), i) * directions_[k][std::size_t(c)];
        map.values[std::size_t(c * kPatches + i)] = float(value);
      }
    return map;
  }

 private:
  int channels_;
  std::array<std::vector<double>, 4> directions_;
};

int largest_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(int(a[i]) - int(b[i])));
  return largest;
}

TEST(FeatureColors, AreTheStrongestComponentsInOrder) {
  const Scene scene(24);
  FeatureColors colors;
  const auto painted = colors.paint(scene.map({0.5, 4, 0.1, 2}));
  ASSERT_EQ(painted.size(), 3u * kPatches);
  const int order[] = {1, 3, 0};  // patterns by strength
  for (int k = 0; k < 3; ++k) {
    double sign = 0;
    for (int i = 0; i < kPatches; ++i) sign += (painted[std::size_t(3 * i + k)] - 127.5) * pattern(order[k], i);
    for (int i = 0; i < kPatches; ++i) {
      const double expected = 127.5 + (sign > 0 ? 60 : -60) * pattern(order[k], i);
      ASSERT_NEAR(painted[std::size_t(3 * i + k)], std::clamp(expected, 0.0, 255.0), 2);
    }
  }
}

TEST(FeatureColors, StayWhenComponentsChangePlaces) {
  const Scene scene(24);
  FeatureColors colors;
  const auto first = colors.paint(scene.map({3, 2.9, 1, 0}));
  for (int n = 0; n < 60; ++n) {
    const double t = n / 60.0;  // the first two cross, as do the third and another one
    const auto now = colors.paint(scene.map({3 - 0.2 * t, 2.9 + 0.2 * t, 1, 0.5 * t}));
    ASSERT_LE(largest_difference(first, now), 16) << "frame " << n;
  }
  // Painted on its own the last frame looks otherwise: the axes have changed places.
  EXPECT_GT(largest_difference(first, FeatureColors().paint(scene.map({2.8, 3.1, 1, 0.5}))), 60);
}

TEST(FeatureColors, FollowSlowlyWhatChanges) {
  const Scene scene(24);
  FeatureColors colors;
  auto before = colors.paint(scene.map({3, 2, 1, 0}));
  const FeatureMap other = scene.map({0.1, 2, 1, 3}, 5);
  before = colors.paint(other);
  for (int n = 0; n < 200; ++n) {
    const auto now = colors.paint(other);
    ASSERT_LE(largest_difference(before, now), 50) << "frame " << n;
    before = now;
  }
  for (int n = 0; n < 3; ++n) {
    const auto now = colors.paint(other);
    ASSERT_LE(largest_difference(before, now), 2);
    before = now;
  }
}

TEST(FeatureColors, SameImageSameColours) {
  const Scene scene(384);
  FeatureColors colors;
  const FeatureMap map = scene.map({1, 2, 3, 4});
  const auto first = colors.paint(map);
  for (int n = 0; n < 5; ++n) EXPECT_LE(largest_difference(colors.paint(map), first), 1);
  EXPECT_EQ(FeatureColors().paint(map), first);
  colors.paint(empty_map(2));
  EXPECT_EQ(colors.paint(map), first) << "another number of channels starts anew";
  colors.paint(scene.map({4, 3, 2, 1}));
  colors.reset();
  EXPECT_EQ(colors.paint(map), first);
}

TEST(FeatureColors, AreGreyWithoutContrastAndStartWithTheFirst) {
  const Scene scene(24);
  FeatureColors colors;
  const auto grey = colors.paint(scene.map({0, 0, 0, 0}));
  EXPECT_LE(largest_difference(grey, std::vector<std::uint8_t>(3 * kPatches, 128)), 1);
  const FeatureMap map = scene.map({3, 2, 1, 0});
  EXPECT_EQ(colors.paint(map), FeatureColors().paint(map));
  for (int channels = 1; channels <= 3; ++channels) {
    FeatureMap few = empty_map(channels, {2, 1});
    few.values[0] = 1;
    EXPECT_EQ(FeatureColors().paint(few).size(), 6u);
  }
  EXPECT_EQ(FeatureColors().paint(empty_map(5, {1, 1})).size(), 3u);
}

TEST(PatchSimilarity, IsTheCosine) {
  FeatureMap map = empty_map(2, {4, 1});
  map.values = {1, 0, -2, 0, 1, 3, -2, 0};  // (1,1) (0,3) (-2,-2) (0,0)
  const auto similarity = patch_similarity(map, 0);
  const std::vector<float> expected = {1, float(std::numbers::sqrt2 / 2), -1, 0};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(similarity[i], expected[i], 1e-6);
  for (const float value : patch_similarity(map, 3)) EXPECT_EQ(value, 0);
  map.values.assign(8, 3e38f);  // no product overflows
  EXPECT_NEAR(patch_similarity(map, 1)[2], 1, 1e-6);
}

TEST(FeaturePictures, RefuseWhatAreNoFeatures) {
  FeatureMap map = empty_map(2);
  EXPECT_THROW(patch_similarity(map, -1), Error);
  EXPECT_THROW(patch_similarity(map, kPatches), Error);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    map.values[7] = bad;
    EXPECT_THROW(FeatureColors().paint(map), Error);
    EXPECT_THROW(patch_similarity(map, 0), Error);
  }
  map.values.pop_back();
  EXPECT_THROW(FeatureColors().paint(map), Error);
  EXPECT_THROW(FeatureColors().paint({}), Error);
  EXPECT_THROW(patch_similarity({3, {-1, -1}, 1, {1, 1}, {1, 1, 1}}, 0), Error);
}

FeatureMap attention_of(const std::vector<float>& values) {
  FeatureMap map;
  map.grid = {int(values.size()), 1};
  map.attention = values;
  return map;
}

TEST(AttentionScale, FollowsATwentiethOfTheWay) {
  AttentionScale scale;
  EXPECT_EQ(scale.apply(attention_of({0.5f, 0.25f, 0})), (std::vector<float>{1, 0.5f, 0}));
  // The maximum falls to 0.3: the scale to 0.5 - 0.2 / 20.
  EXPECT_NEAR(scale.apply(attention_of({0.3f, 0, 0}))[0], 0.3 / 0.49, 1e-6);
  EXPECT_EQ(scale.apply(attention_of({0.9f, 0, 0}))[0], 1);  // above the scale: no more than 1
  scale.reset();
  EXPECT_EQ(scale.apply(attention_of({0.1f, 0.05f}))[0], 1);
  scale.reset();
  EXPECT_EQ(scale.apply(attention_of({0, 0}))[0], 0);
}

TEST(AttentionScale, RefusesWhatIsNone) {
  AttentionScale scale;
  EXPECT_THROW(scale.apply({}), Error);
  FeatureMap odd = attention_of({0.5f, 0.5f});
  odd.grid = {3, 1};
  EXPECT_THROW(scale.apply(odd), Error);
  EXPECT_THROW(scale.apply(attention_of({0.5f, std::nanf("")})), Error);
}

TEST(HeatColors, RunFromBlueOverBlackToYellow) {
  const std::vector<float> values = {-2, -1, 0, 0.5f, 1, 7};
  EXPECT_EQ(heat_colors(values),
            (std::vector<std::uint8_t>{0, 0, 255, 0, 0, 255, 0, 0, 0, 128, 64, 0, 255, 255, 0, 255, 255, 0}));
}

}  // namespace
}  // namespace vcl
