// SPDX-License-Identifier: LGPL-2.1-or-later
// Counts by hand, and against every possible assignment.
#include "evaluation/track_consistency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

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

using Frames = std::vector<std::vector<Found>>;

std::vector<MaskTrack> tracks_of(const Frames& frames) {
  std::map<std::uint64_t, MaskTrack> tracks;
  for (std::size_t t = 0; t < frames.size(); ++t)
    for (const auto& [id, x] : frames[t]) tracks.try_emplace(id, frames.size()).first->second[t] = square(x);
  std::vector<MaskTrack> list;
  for (auto& [id, track] : tracks) list.push_back(std::move(track));
  return list;
}

/// An object at these columns; -1: not in view.
MaskTrack object(const std::vector<int>& columns) {
  MaskTrack track;
  for (const int x : columns) track.push_back(square(x));
  return track;
}

TrackConsistency of_one(const Frames& frames, const MaskTrack& truth) {
  return track_consistency({{truth}}, tracks_of(frames));
}

void expect_counts(const TrackConsistency& counts, std::uint64_t visible, std::uint64_t matched, std::uint64_t switches,
                   std::uint64_t fragmentations) {
  EXPECT_EQ(counts.visible, visible);
  EXPECT_EQ(counts.matched, matched);
  EXPECT_EQ(counts.switches, switches);
  EXPECT_EQ(counts.fragmentations, fragmentations);
}

void expect_identity(const TrackConsistency& counts, std::uint64_t identified, std::uint64_t found) {
  EXPECT_EQ(counts.identified, identified);
  EXPECT_EQ(counts.found, found);
}

const MaskTrack kStill = object({0, 0, 0, 0});

TEST(TrackConsistency, ATrackThatStaysHasNoSwitch) {
  expect_counts(of_one({{{7, 0}}, {{7, 1}}, {{7, 0}}, {{7, 2}}}, kStill), 4, 4, 0, 0);
}

TEST(TrackConsistency, AnotherIdIsASwitchAlsoAfterAGap) {
  expect_counts(of_one({{{1, 0}}, {{2, 0}}, {{2, 0}}, {{1, 0}}}, kStill), 4, 4, 2, 0);
  expect_counts(of_one({{{1, 0}}, {}, {{20, 30}}, {{2, 0}}}, kStill), 4, 2, 1, 1);
}

TEST(TrackConsistency, AGapIsAFragmentationOnceItEndsAndTheObjectWasInView) {
  expect_counts(of_one({{{1, 0}}, {}, {{1, 0}}, {}}, kStill), 4, 2, 0, 1);
  expect_counts(of_one({{}, {{1, 0}}, {{1, 0}}, {{1, 0}}}, kStill), 4, 3, 0, 0);
  const MaskTrack away = object({0, -1, -1, 0});
  expect_counts(of_one({{{1, 0}}, {}, {{1, 0}}, {{1, 0}}}, away), 2, 2, 0, 0);
}

TEST(TrackConsistency, AMatchThatStillHoldsIsKeptThoughAnotherFitsBetter) {
  expect_counts(of_one({{{1, 0}}, {{1, 2}, {2, 0}}, {{2, 0}, {1, 2}}, {{1, 0}, {2, 1}}}, kStill), 4, 4, 0, 0);
  expect_counts(of_one({{{1, 0}}, {{1, 2}, {2, 0}}, {{2, 0}, {1, 2}}, {{1, 5}, {2, 0}}}, kStill), 4, 4, 1, 0);
}

TEST(TrackConsistency, LooseOverlapIsNoMatch) {
  expect_counts(of_one({{{1, 3}}, {{1, 2}}, {}, {}}, kStill), 4, 1, 0, 0);  // IoU 5/11 and 6/10
}

TEST(TrackConsistency, ObjectsAreMatchedOneToOneByTheLargestSum) {
  const std::vector<MaskTrack> truth = {object({0}), object({2})};
  // The first fits both, the second the second best.
  expect_counts(track_consistency(truth, tracks_of({{{1, 1}, {2, 2}}})), 2, 2, 0, 0);
  expect_counts(track_consistency(truth, tracks_of({{{1, 1}}})), 2, 1, 0, 0);
}

TEST(TrackConsistency, ExchangedIdsAreTwoSwitches) {
  const std::vector<MaskTrack> truth = {object({0, 0}), object({20, 20})};
  const TrackConsistency counts = track_consistency(truth, tracks_of({{{1, 0}, {2, 20}}, {{2, 0}, {1, 20}}}));
  expect_counts(counts, 4, 4, 2, 0);
  expect_identity(counts, 2, 4);
}

TEST(TrackConsistency, IdentityBelongsToTheTrackOfMostFrames) {
  const TrackConsistency late = of_one({{{1, 0}}, {{2, 0}}, {{2, 0}}, {{2, 0}}}, kStill);
  expect_identity(late, 3, 4);
  EXPECT_DOUBLE_EQ(late.idp(), 0.75);
  EXPECT_DOUBLE_EQ(late.idr(), 0.75);
  EXPECT_DOUBLE_EQ(late.idf1(), 0.75);
  // A false track costs precision, a missed frame recall, going on where the object has left precision again.
  const TrackConsistency poor = of_one({{{1, 0}, {5, 30}}, {{5, 30}}, {{1, 0}}, {}}, kStill);
  expect_identity(poor, 2, 4);
  EXPECT_DOUBLE_EQ(poor.idf1(), 4.0 / 8);
  expect_identity(of_one({{{1, 0}}, {{1, 0}}, {{1, 0}}, {{1, 0}}}, object({0, 0, -1, -1})), 2, 4);
}

TEST(TrackConsistency, IdentityIsChosenForTheWholeVideoAndAllObjects) {
  // Track 1 has the first object for three frames and the second for two; track 2 has the first for two. Alone the
  // first object would take track 1 (3 frames); together 2 + 2 is more.
  const std::vector<MaskTrack> truth = {object({0, 0, 0, 0, 0}), object({20, 20, 20, 20, 20})};
  const Frames frames = {{{1, 0}}, {{1, 0}}, {{1, 0}}, {{2, 0}, {1, 20}}, {{2, 0}, {1, 20}}};
  expect_identity(track_consistency(truth, tracks_of(frames)), 4, 7);
}

TEST(TrackConsistency, NothingToMeasureIsNoNumber) {
  const TrackConsistency nothing = track_consistency({}, {});
  EXPECT_TRUE(std::isnan(nothing.idf1()) && std::isnan(nothing.idp()) && std::isnan(nothing.idr()));
  EXPECT_EQ(of_one({{}, {}, {}, {}}, kStill).idf1(), 0);
  EXPECT_TRUE(std::isnan(of_one({{}, {}, {}, {}}, kStill).idp()));
}

TEST(TrackConsistency, WhatIsInACrowdIsNotFalse) {
  const std::vector<MaskTrack> truth = {object({0, 0, 0})}, crowds = {object({20, 20, 20}), object({2, 2, 2})};
  const std::vector<MaskTrack> results = tracks_of({{{1, 22}}, {{1, 26}}, {{1, 1}}});  // inside, outside, the object
  const TrackConsistency counts = track_consistency(truth, results, crowds);
  expect_identity(counts, 1, 2);
  EXPECT_EQ(track_consistency(truth, results).found, 3u);
  EXPECT_EQ(track_consistency({}, {}, crowds).found, 0u);
}

/// Objects and tracks that wander, so that overlaps come and go.
Frames wandering(test::Rng& rng, std::size_t frames, std::uint64_t count) {
  Frames all(frames);
  for (auto& found : all)
    for (std::uint64_t id = 1; id <= count; ++id)
      if (const int x = test::uniform(rng, -6, 16); x >= 0) found.push_back({id, x});
  return all;
}

/// The most frames that any way to give each object a track of its own, or none, can have.
std::uint64_t most_identified(const std::vector<MaskTrack>& truths, const std::vector<MaskTrack>& results) {
  std::vector<std::size_t> track_of(std::max(truths.size(), results.size()));
  std::iota(track_of.begin(), track_of.end(), 0u);
  std::uint64_t most = 0;
  do {
    std::uint64_t frames = 0;
    for (std::size_t object = 0; object < truths.size(); ++object) {
      if (track_of[object] >= results.size()) continue;
      const MaskTrack& track = results[track_of[object]];
      for (std::size_t t = 0; t < track.size(); ++t)
        frames += truths[object][t] && track[t] && rle_iou(*truths[object][t], *track[t]) >= 0.5;
    }
    most = std::max(most, frames);
  } while (std::ranges::next_permutation(track_of).found);
  return most;
}

TEST(TrackConsistency, IdentityEqualsTheBestOfAllAssignments) {
  test::Rng rng(9);
  for (int trial = 0; trial < 150; ++trial) {
    const std::size_t frames = std::size_t(test::uniform(rng, 1, 8));
    const auto truths = tracks_of(wandering(rng, frames, std::uint64_t(test::uniform(rng, 1, 5))));
    const auto results = tracks_of(wandering(rng, frames, std::uint64_t(test::uniform(rng, 1, 5))));
    const TrackConsistency counts = track_consistency(truths, results);
    EXPECT_EQ(counts.identified, most_identified(truths, results));
    EXPECT_LE(counts.identified, counts.matched);
    EXPECT_LE(counts.matched, std::min(counts.visible, counts.found));
  }
}

TEST(TrackConsistency, IdentityDoesNotDependOnTheOrderOfTracks) {
  test::Rng rng(4);
  for (int trial = 0; trial < 100; ++trial) {
    const auto truth = tracks_of(wandering(rng, 12, 3));
    auto results = tracks_of(wandering(rng, 12, 4));
    const TrackConsistency a = track_consistency(truth, results);
    std::ranges::reverse(results);
    const TrackConsistency b = track_consistency(truth, results);
    expect_identity(a, b.identified, b.found);
    EXPECT_LE(a.switches + a.fragmentations, 2 * a.matched);
  }
}

TEST(TrackConsistency, CountsOfVideosAddUp) {
  TrackConsistency sum = of_one({{{1, 0}}, {{2, 0}}, {}, {{2, 0}}}, kStill);
  sum.add(sum);
  expect_counts(sum, 8, 6, 2, 2);
  expect_identity(sum, 4, 6);
}

TEST(TrackConsistency, RefusesTracksOfAnotherLengthOrSize) {
  EXPECT_THROW(track_consistency({{kStill}}, {{object({0})}}), Error);
  EXPECT_THROW(track_consistency({{object({0})}}, {{MaskTrack{rle_encode(Mask(3, 3))}}}), Error);
}

TEST(MaskTrack, PackedIsTheSame) {
  test::Rng rng(12);
  for (int trial = 0; trial < 50; ++trial) {
    MaskTrack track(3);
    for (auto& mask : track)
      if (test::uniform(rng, 0, 2) > 0) mask = rle_encode(test::random_mask(rng, 9, 7));
    EXPECT_EQ(unpack(pack(track)), track);
  }
  EXPECT_THROW(pack({rle_encode(Mask(3, 3)), rle_encode(Mask(3, 4))}), Error);
}

}  // namespace
}  // namespace vcl
