// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "core/eval/track_continuity.hpp"
#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kWidth = 40, kHeight = 10;

/// A square of 8x8 at column `x`; none: empty.
Rle square(int x = -1) {
  Mask mask(kWidth, kHeight);
  for (int column = x; x >= 0 && column < std::min(x + 8, kWidth); ++column)
    for (int row = 0; row < 8; ++row) mask.at(column, row) = 1;
  return rle_encode(mask);
}

struct Found {
  std::uint64_t id;
  int x;
};

FrameResult frame(const std::vector<Found>& found) {
  FrameResult result;
  for (const auto& [id, x] : found) {
    Instance instance;
    instance.track_id = id;
    instance.mask = square(x);
    result.instances.push_back(instance);
  }
  return result;
}

TrackContinuity of_one(const std::vector<std::vector<Found>>& frames, const TruthTrack& truth) {
  std::vector<FrameResult> results;
  for (const std::vector<Found>& found : frames) results.push_back(frame(found));
  return track_continuity({{truth}}, results);
}

void expect_counts(const TrackContinuity& counts, std::uint64_t visible, std::uint64_t matched, std::uint64_t switches,
                   std::uint64_t fragmentations) {
  EXPECT_EQ(counts.visible, visible);
  EXPECT_EQ(counts.matched, matched);
  EXPECT_EQ(counts.switches, switches);
  EXPECT_EQ(counts.fragmentations, fragmentations);
}

const TruthTrack kStill(4, square(0));

TEST(TrackContinuity, ATrackThatStaysHasNoSwitch) {
  expect_counts(of_one({{{7, 0}}, {{7, 1}}, {{7, 0}}, {{7, 2}}}, kStill), 4, 4, 0, 0);
}

TEST(TrackContinuity, AnotherIdIsASwitchAlsoAfterAGap) {
  expect_counts(of_one({{{1, 0}}, {{2, 0}}, {{2, 0}}, {{1, 0}}}, kStill), 4, 4, 2, 0);
  expect_counts(of_one({{{1, 0}}, {}, {{20, 30}}, {{2, 0}}}, kStill), 4, 2, 1, 1);
}

TEST(TrackContinuity, AGapIsAFragmentationOnceItEndsAndTheObjectWasInView) {
  expect_counts(of_one({{{1, 0}}, {}, {{1, 0}}, {}}, kStill), 4, 2, 0, 1);
  expect_counts(of_one({{}, {{1, 0}}, {{1, 0}}, {{1, 0}}}, kStill), 4, 3, 0, 0);
  const TruthTrack away = {square(0), square(), square(), square(0)};
  expect_counts(of_one({{{1, 0}}, {}, {{1, 0}}, {{1, 0}}}, away), 2, 2, 0, 0);
}

TEST(TrackContinuity, AMatchThatStillHoldsIsKeptThoughAnotherFitsBetter) {
  expect_counts(of_one({{{1, 0}}, {{1, 2}, {2, 0}}, {{2, 0}, {1, 2}}, {{1, 5}, {2, 0}}}, kStill), 4, 4, 1, 0);
}

TEST(TrackContinuity, LooseOverlapIsNoMatch) {
  expect_counts(of_one({{{1, 3}}, {{1, 2}}, {}, {}}, kStill), 4, 1, 0, 0);  // IoU 5/11 and 6/10
}

TEST(TrackContinuity, ObjectsAreMatchedOneToOneByTheLargestSum) {
  const std::vector<TruthTrack> truth = {{square(0)}, {square(2)}};
  const std::vector<FrameResult> results = {
      frame({{1, 1}, {2, 2}})};  // the first fits both, the second the second best
  expect_counts(track_continuity(truth, results), 2, 2, 0, 0);
  const std::vector<FrameResult> one = {frame({{1, 1}})};
  expect_counts(track_continuity(truth, one), 2, 1, 0, 0);
}

TEST(TrackContinuity, ExchangedIdsAreTwoSwitches) {
  const std::vector<TruthTrack> truth = {{square(0), square(0)}, {square(20), square(20)}};
  const std::vector<FrameResult> results = {frame({{1, 0}, {2, 20}}), frame({{2, 0}, {1, 20}})};
  expect_counts(track_continuity(truth, results), 4, 4, 2, 0);
}

TEST(TrackContinuity, RenamingTracksChangesNothing) {
  test::Rng rng(4);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<TruthTrack> truth(3);
    std::vector<FrameResult> results, renamed;
    for (int i = 0; i < 12; ++i) {
      std::vector<Found> found, other;
      for (TruthTrack& track : truth) track.push_back(square(test::uniform(rng, -6, 32)));
      for (std::uint64_t id = 1; id <= 4; ++id)
        if (const int x = test::uniform(rng, -6, 32); x >= 0) {
          found.push_back({id, x});
          other.push_back({100 - id, x});
        }
      results.push_back(frame(found));
      renamed.push_back(frame(other));
    }
    const TrackContinuity a = track_continuity(truth, results), b = track_continuity(truth, renamed);
    expect_counts(a, b.visible, b.matched, b.switches, b.fragmentations);
    EXPECT_LE(a.switches + a.fragmentations, 2 * a.matched);
  }
}

TEST(TrackContinuity, RefusesTracksOfAnotherLength) {
  const std::vector<FrameResult> results = {frame({})};
  EXPECT_THROW(track_continuity({{kStill}}, results), Error);
}

}  // namespace
}  // namespace vcl
