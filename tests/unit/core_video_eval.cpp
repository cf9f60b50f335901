// SPDX-License-Identifier: LGPL-2.1-or-later
// Measures on videos against plain ones, and what must hold whatever the masks are.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <span>

#include "core_random.hpp"
#include "evaluation/boundary.hpp"
#include "evaluation/davis_eval.hpp"
#include "evaluation/ytvis_eval.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Rng;
using test::uniform;

/// Blocks of labels 0..count, so that outlines have corners, borders and neighbours.
std::vector<std::uint8_t> random_labels(Rng& rng, Size size, int count) {
  std::vector<std::uint8_t> labels(std::size_t(size.width) * std::size_t(size.height));
  for (int block = 0; block < 3 * count; ++block) {
    const int left = uniform(rng, 0, size.width - 1), right = uniform(rng, left, size.width - 1);
    const int top = uniform(rng, 0, size.height - 1), bottom = uniform(rng, top, size.height - 1);
    const auto label = std::uint8_t(uniform(rng, 0, count));
    for (int y = top; y <= bottom; ++y)
      for (int x = left; x <= right; ++x) labels[std::size_t(y) * size.width + std::size_t(x)] = label;
  }
  return labels;
}

LabelVideo random_video(Rng& rng, Size size, int frames, int count) {
  LabelVideo video{size, {}};
  for (int t = 0; t < frames; ++t) video.frames.push_back(random_labels(rng, size, count));
  std::fill_n(video.frames[0].begin(), count, std::uint8_t(0));
  for (int label = 1; label <= count; ++label) video.frames[0][std::size_t(label)] = std::uint8_t(label);
  return video;
}

/// DAVIS's definition, mask by mask and pixel by pixel.
Boundary plain_boundary(const std::vector<std::uint8_t>& labels, Size size, int label, int radius) {
  const auto in = [&](int x, int y) { return labels[std::size_t(y) * size.width + std::size_t(x)] == label; };
  Boundary boundary;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const int right = std::min(x + 1, size.width - 1), lower = std::min(y + 1, size.height - 1);
      const bool differs = in(x, y) != in(right, y) || in(x, y) != in(x, lower);
      const bool diagonal = right > x && lower > y && in(x, y) != in(right, lower);
      if (differs || diagonal) boundary.pixels.push_back(std::uint32_t(y * size.width + x));
    }
  if (boundary.pixels.empty()) return boundary;
  boundary.near.resize(labels.size());
  for (std::size_t at = 0; at < labels.size(); ++at)
    for (const std::uint32_t pixel : boundary.pixels) {
      const int dx = int(at) % size.width - int(pixel) % size.width;
      const int dy = int(at) / size.width - int(pixel) / size.width;
      if (dx * dx + dy * dy <= radius * radius) boundary.near[at] = 1;
    }
  return boundary;
}

TEST(Boundaries, EqualThePlainDefinition) {
  Rng rng(1);
  for (int i = 0; i < 60; ++i) {
    const Size size{uniform(rng, 1, 24), uniform(rng, 1, 24)};
    const int count = uniform(rng, 1, 4), radius = uniform(rng, 0, 5);
    const auto labels = random_labels(rng, size, count);
    const auto got = boundaries_of(labels, size, count, radius);
    ASSERT_EQ(int(got.size()), count);
    for (int label = 1; label <= count; ++label) {
      const Boundary want = plain_boundary(labels, size, label, radius);
      EXPECT_EQ(got[std::size_t(label - 1)].pixels, want.pixels);
      EXPECT_EQ(got[std::size_t(label - 1)].near, want.near);
    }
  }
}

TEST(Boundaries, FIsOneForTheSameAndSymmetric) {
  Rng rng(2);
  const Size size{20, 15};
  for (int i = 0; i < 50; ++i) {
    const auto a = boundaries_of(random_labels(rng, size, 1), size, 1, 1)[0];
    const auto b = boundaries_of(random_labels(rng, size, 1), size, 1, 1)[0];
    EXPECT_EQ(boundary_f(a, a), 1);
    EXPECT_EQ(boundary_f(a, b), boundary_f(b, a));
    EXPECT_GE(boundary_f(a, b), 0);
    EXPECT_LE(boundary_f(a, b), 1);
  }
}

TEST(LabelTracks, AreTheMasksOfEachLabel) {
  Rng rng(7);
  for (int i = 0; i < 40; ++i) {
    const Size size{uniform(rng, 1, 12), uniform(rng, 1, 12)};
    LabelVideo video{size, {}};
    for (int t = 0; t < 3; ++t) video.frames.push_back(random_labels(rng, size, 4));
    video.frames[1][0] = kVoidLabel;
    const std::vector<MaskTrack> tracks = label_tracks(video);
    int largest = 0;
    for (std::size_t t = 0; t < video.frames.size(); ++t)
      for (int label = 1; label <= 4; ++label) {
        Mask mask(size.width, size.height);
        std::ranges::transform(video.frames[t], mask.pixels.begin(), [&](int at) { return at == label; });
        const bool there = std::ranges::count(mask.pixels, 1) > 0;
        if (there) largest = std::max(largest, label);
        if (!there && std::size_t(label) > tracks.size()) continue;
        const auto& got = tracks.at(std::size_t(label - 1)).at(t);
        EXPECT_EQ(got, there ? std::optional(rle_encode(mask)) : std::nullopt);
      }
    EXPECT_EQ(int(tracks.size()), largest);
  }
}

TEST(Davis, IdsAreJudgedWhereJAndFAre) {
  const auto frame = [](std::uint8_t left, std::uint8_t right) {
    return std::vector<std::uint8_t>{left, left, right, right};
  };
  const Size size{4, 1};
  // Object 2 comes later. The result exchanges both in the last frame, its third object is void.
  const LabelVideo truth{size, {frame(1, 255), frame(1, 2), frame(1, 2), frame(1, 2)}};
  const LabelVideo result{size, {frame(2, 3), frame(2, 1), frame(2, 1), frame(1, 2)}};
  const TrackConsistency all = davis_scores(truth, result, DavisTask::Unsupervised).consistency;
  EXPECT_EQ(all.visible, 7u);
  EXPECT_EQ(all.found, 7u);
  EXPECT_EQ(all.identified, 5u);
  EXPECT_EQ(all.switches, 2u);
  const TrackConsistency inner = davis_scores(truth, result, DavisTask::SemiSupervised).consistency;
  EXPECT_EQ(inner.visible, 4u);
  EXPECT_EQ(inner.identified, 4u);
  EXPECT_EQ(davis_scores(truth, result, DavisTask::SingleObject).consistency.visible, 0u);
}

TEST(Ytvis, TracksOfALowScoreHaveNoSayInConsistency) {
  Mask pixel(4, 4);
  pixel.at(1, 1) = 1;
  const PackedTrack track = pack({rle_encode(pixel), rle_encode(pixel)});
  const std::vector<YtvisTruth> truths = {{1, track, 0, false}};
  const std::vector<YtvisResult> results = {{1, track, 0.2}, {1, track, 0.9}};
  const YtvisEntries video = by_video(truths, results).at(1);
  EXPECT_EQ(ytvis_consistency(video, unpack(video), 0.5).found, 2u);
  EXPECT_EQ(ytvis_consistency(video, unpack(video), 0.2).found, 4u);
}

TEST(Davis, NumbersOfProposalsDoNotMatter) {
  Rng rng(3);
  for (int i = 0; i < 20; ++i) {
    const LabelVideo truth = random_video(rng, {24, 16}, 5, 3);
    LabelVideo result = random_video(rng, {24, 16}, 5, 4);
    const DavisMeans before = davis_means(davis_scores(truth, result, DavisTask::Unsupervised).objects);
    std::vector<std::uint8_t> number(5);
    std::iota(number.begin(), number.end(), std::uint8_t(0));
    std::shuffle(number.begin() + 1, number.end(), rng);
    for (auto& frame : result.frames)
      for (std::uint8_t& label : frame) label = number[label];
    const DavisMeans after = davis_means(davis_scores(truth, result, DavisTask::Unsupervised).objects);
    EXPECT_NEAR(before.jf, after.jf, 1e-12);
  }
}

TEST(Davis, TheTruthItselfScoresOneUnderVoidToo) {
  Rng rng(4);
  for (int i = 0; i < 20; ++i) {
    LabelVideo truth = random_video(rng, {30, 20}, 6, 3);
    const LabelVideo result = truth;
    for (auto& frame : truth.frames)
      for (std::uint8_t& label : std::span(frame).subspan(40)) label = uniform(rng, 0, 9) == 0 ? kVoidLabel : label;
    const DavisMeans means = davis_means(davis_scores(truth, result, DavisTask::Unsupervised).objects);
    EXPECT_NEAR(means.jf, 1, 1e-12);
  }
}

TEST(Davis, RefusesWhatDoesNotFit) {
  Rng rng(5);
  const LabelVideo truth = random_video(rng, {8, 8}, 4, 2);
  LabelVideo other = random_video(rng, {8, 9}, 4, 2);
  EXPECT_THROW(davis_scores(truth, other, DavisTask::Unsupervised), Error);
  other = random_video(rng, {8, 8}, 3, 2);
  EXPECT_THROW(davis_scores(truth, other, DavisTask::Unsupervised), Error);
  other = truth;
  other.frames[3][5] = kMostProposals + 1;
  EXPECT_THROW(davis_scores(truth, other, DavisTask::Unsupervised), Error);
  const LabelVideo glimpse{truth.size, {truth.frames[0], truth.frames[1]}}, nothing{truth.size, {}};
  EXPECT_THROW(davis_scores(glimpse, glimpse, DavisTask::SemiSupervised), Error);
  EXPECT_THROW(davis_scores(nothing, nothing, DavisTask::Unsupervised), Error);
}

TEST(VideoIou, CountsPixelsOfAllFrames) {
  Rng rng(6);
  for (int i = 0; i < 50; ++i) {
    const int frames = uniform(rng, 1, 5);
    MaskTrack a, b;
    std::uint64_t both = 0, either = 0;
    for (int t = 0; t < frames; ++t) {
      Mask x = test::random_mask(rng, 9, 7), y = test::random_mask(rng, 9, 7);
      const bool has_x = uniform(rng, 0, 3) > 0, has_y = uniform(rng, 0, 3) > 0;
      for (std::size_t at = 0; at < x.pixels.size(); ++at) {
        const bool in_x = has_x && x.pixels[at], in_y = has_y && y.pixels[at];
        both += in_x && in_y;
        either += in_x || in_y;
      }
      a.push_back(has_x ? std::optional(rle_encode(x)) : std::nullopt);
      b.push_back(has_y ? std::optional(rle_encode(y)) : std::nullopt);
    }
    const YtvisTruth truth{1, pack(a), 0, false};
    const YtvisResult result{1, pack(b), 0};
    const YtvisEntries video{{&truth}, {&result}};
    EXPECT_DOUBLE_EQ(ytvis_scene(video, unpack(video)).iou[0][0], either == 0 ? 0 : double(both) / double(either));
  }
}

}  // namespace
}  // namespace vcl
