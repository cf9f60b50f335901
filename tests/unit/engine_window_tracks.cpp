// SPDX-License-Identifier: LGPL-2.1-or-later
// Joining the queries of neighbouring windows: which track a query continues, and what windows say together.
#include <gtest/gtest.h>

#include "engine/stream/window_tracks.hpp"

namespace vcl {
namespace {

constexpr int kFrames = 3, kSide = 16, kFar = 1000;

/// Mask logits [T, h, w]: `inside` in the columns from `left` on, 8 of them; -4 elsewhere.
at::Tensor block(int left, double inside = 4, int frames = kFrames) {
  at::Tensor logits = at::full({frames, kSide, kSide}, -4.0);
  if (left < kFar) logits.narrow(2, left, 8).fill_(inside);
  return logits;
}

at::Tensor nothing() {
  return block(kFar);
}

void update(WindowTracks& tracks, const std::vector<at::Tensor>& queries, int shared, double score = 0.5) {
  tracks.update(at::stack(queries), at::full({std::int64_t(queries.size())}, score), shared);
}

std::int64_t query_of(const WindowTracks& tracks, std::uint64_t key) {
  return tracks.alive().at(key).query;
}

TEST(WindowTracks, AQueryThatStillFitsKeepsItsTrack) {
  WindowTracks tracks;
  update(tracks, {block(0), nothing()}, 0);
  const std::uint64_t key = tracks.alive().begin()->first;
  update(tracks, {block(4), block(0)}, 2);  // IoU with the track: 1/3 for query 0, 1 for query 1
  EXPECT_EQ(query_of(tracks, key), 0);
  EXPECT_EQ(tracks.alive().size(), 2U);
}

TEST(WindowTracks, ATrackMovesToAnotherQueryWhenItsOwnLeaves) {
  WindowTracks tracks;
  update(tracks, {block(0), nothing()}, 0);
  const std::uint64_t key = tracks.alive().begin()->first;
  update(tracks, {block(8), block(1)}, 2);
  EXPECT_EQ(query_of(tracks, key), 1);
}

TEST(WindowTracks, TwoTracksNeverShareAQuery) {
  WindowTracks tracks;
  update(tracks, {block(0), block(2)}, 0);
  update(tracks, {block(1), nothing()}, 2);  // fits both
  ASSERT_EQ(tracks.alive().size(), 2U);
  int seen = 0;
  for (const auto& [key, track] : tracks.alive()) seen += track.unseen == 0;
  EXPECT_EQ(seen, 1);
}

TEST(WindowTracks, WindowsAreAveragedFrameByFrame) {
  WindowTracks tracks;
  update(tracks, {block(0, 4)}, 0);
  update(tracks, {block(0, 2)}, 2);
  const Track& track = tracks.alive().begin()->second;
  EXPECT_EQ(track.seen, (std::vector<int>{2, 2, 1}));
  EXPECT_FLOAT_EQ(track.logits[0][0][0].item<float>(), 6);    // frame shared: 4 + 2
  EXPECT_FLOAT_EQ(track.logits[2][0][0].item<float>(), 2);    // fresh frame
  EXPECT_FLOAT_EQ(track.logits[1][0][15].item<float>(), -8);  // -4 twice
}

TEST(WindowTracks, OneVerySureWindowDoesNotOutvoteTheOthers) {
  WindowTracks tracks;
  at::Tensor doubtful = block(0);  // all but one row of the object again, which it denies with -5
  doubtful.select(1, 0).fill_(-5);
  at::Tensor sure = block(0, 100);
  update(tracks, {sure}, 0);
  update(tracks, {doubtful}, 2);
  update(tracks, {doubtful}, 2);
  const Track& track = tracks.alive().begin()->second;
  EXPECT_EQ(track.seen, (std::vector<int>{3, 2, 1}));
  EXPECT_LT(track.logits[0][0][0].item<float>(), 0);  // 8 - 5 - 5
  EXPECT_GT(track.logits[0][1][0].item<float>(), 0);
}

TEST(WindowTracks, ScoresAreAveragedOverWindows) {
  WindowTracks tracks;
  update(tracks, {block(0)}, 0, 0.2);
  update(tracks, {block(0)}, 2, 0.6);
  EXPECT_NEAR(tracks.alive().begin()->second.score, 0.4, 1e-6);
}

TEST(WindowTracks, AReportedTrackStaysDownToHalfTheThreshold) {
  WindowTracks tracks;
  update(tracks, {block(0)}, 0, 0.5);
  const std::uint64_t key = tracks.alive().begin()->first;
  const auto counts = [&](double threshold) { return tracks.alive().at(key).counts(threshold); };
  EXPECT_TRUE(counts(0.5));
  EXPECT_FALSE(counts(0.6));
  tracks.report(key);
  EXPECT_TRUE(counts(0.9));
  EXPECT_FALSE(counts(1.01));
}

TEST(WindowTracks, AnObjectThatComesBackSoonKeepsItsTrack) {
  for (const auto& [frames_away, same] : {std::pair{18, true}, {24, false}}) {
    WindowTracks tracks;
    update(tracks, {block(0)}, 0);
    const std::uint64_t key = tracks.alive().begin()->first;
    for (int frame = 0; frame < frames_away; ++frame) update(tracks, {nothing()}, 2);
    update(tracks, {block(1)}, 2);
    EXPECT_EQ(tracks.alive().count(key) == 1, same) << frames_away;
  }
}

TEST(WindowTracks, IdsAreGivenOnFirstReportAndNeverAgain) {
  WindowTracks tracks;
  update(tracks, {block(0), block(8)}, 0);
  const std::uint64_t first = tracks.alive().begin()->first, second = tracks.alive().rbegin()->first;
  EXPECT_EQ(tracks.report(second), 1U);
  EXPECT_EQ(tracks.report(first), 2U);
  EXPECT_EQ(tracks.report(second), 1U);
  tracks.clear();
  update(tracks, {block(0)}, 0);
  EXPECT_EQ(tracks.report(tracks.alive().begin()->first), 3U);
}

}  // namespace
}  // namespace vcl
