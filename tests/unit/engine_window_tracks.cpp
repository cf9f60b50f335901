// SPDX-License-Identifier: LGPL-2.1-or-later
// Joining the queries of neighbouring windows: which track a query continues, who comes back, and what windows say
// together.
#include <gtest/gtest.h>

#include "libvcl/engine/stream/window_tracks.hpp"

namespace vcl {
namespace {

constexpr int kFrames = 3, kSide = 16, kFar = 1000, kKinds = 1200;
constexpr std::uint64_t kMaxAge = 20;

/// Mask logits [T, h, w]: `inside` in the columns from `left` on, 8 of them; -4 elsewhere.
at::Tensor block(int left, double inside = 4) {
  at::Tensor logits = at::full({kFrames, kSide, kSide}, -4.0);
  if (left < kFar) logits.narrow(2, left, 8).fill_(inside);
  return logits;
}

at::Tensor nothing() {
  return block(kFar);
}

/// A query: its masks and what kind of object it looks for, the embeddings of kinds being orthogonal.
struct Query {
  at::Tensor logits;
  int kind = 0;
  double score = 0;  // 0: that of the window
};

/// Tracks that are fed windows of kFrames frames.
class Feed {
 public:
  /// A window that shares `shared` frames with the one before.
  void operator()(const std::vector<Query>& queries, int shared, double score = 0.5, std::uint64_t max_age = kMaxAge) {
    next_ += std::uint64_t(kFrames - shared);
    WindowQueries window;
    std::vector<at::Tensor> logits;
    for (const Query& query : queries) logits.push_back(query.logits);
    window.logits = at::stack(logits);
    window.scores = at::full({std::int64_t(queries.size())}, score);
    window.embeddings = at::zeros({std::int64_t(queries.size()), kKinds});
    for (std::size_t q = 0; q < queries.size(); ++q) {
      window.embeddings[std::int64_t(q)][queries[q].kind] = 2;
      if (queries[q].score > 0) window.scores[std::int64_t(q)] = queries[q].score;
    }
    for (int frame = 0; frame < kFrames; ++frame) window.frames.push_back(next_ - kFrames + std::uint64_t(frame));
    window.shared = shared;
    tracks.update(window, max_age);
  }
  /// The key of the only track that has a mask with these columns in the newest frame; 0: there is not one.
  std::uint64_t at(int left) const {
    std::uint64_t found = 0;
    for (const auto& [key, track] : tracks.alive())
      if (track.present() && at::equal(track.last, block(left)[0].gt(0))) found = found == 0 ? key : kFar;
    return found == kFar ? 0 : found;
  }
  WindowTracks tracks;

 private:
  std::uint64_t next_ = 0;
};

TEST(WindowTracks, AQueryThatStillFitsKeepsItsTrack) {
  Feed feed;
  feed({{block(0), 1}, {nothing(), 2}}, 0);
  const std::uint64_t key = feed.at(0);
  feed({{block(4), 1}, {block(0), 2}}, 2);  // IoU with the track: 1/3 for the first query, 1 for the second
  EXPECT_EQ(feed.at(4), key);
  EXPECT_EQ(feed.tracks.alive().size(), 2U);
}

TEST(WindowTracks, ATrackMovesToAnotherQueryWhenItsOwnLeaves) {
  Feed feed;
  feed({{block(0), 1}, {nothing(), 2}}, 0);
  const std::uint64_t key = feed.at(0);
  feed({{block(8), 1}, {block(1), 2}}, 2);
  EXPECT_EQ(feed.at(1), key);
}

TEST(WindowTracks, TheLargestSumIsChosenNotTheLargestPair) {
  Feed feed;
  feed({{block(0)}, {block(3)}}, 0);
  const std::uint64_t left = feed.at(0), right = feed.at(3);
  feed({{block(3)}, {block(7)}},
       2);  // block(3) on the right-hand track is the best pair, and leaves block(7) to nobody
  EXPECT_EQ(feed.at(3), left);
  EXPECT_EQ(feed.at(7), right);
}

TEST(WindowTracks, TwoTracksNeverShareAQuery) {
  Feed feed;
  feed({{block(0), 1}, {block(2), 2}}, 0);
  feed({{block(1), 1}, {nothing(), 2}}, 2);  // fits both
  ASSERT_EQ(feed.tracks.alive().size(), 2U);
  int seen = 0;
  for (const auto& [key, track] : feed.tracks.alive()) seen += track.seen.back() > 0;
  EXPECT_EQ(seen, 1);
}

TEST(WindowTracks, WindowsThatShareNoFrameAreJoinedByNeighbouringFrames) {
  Feed feed;
  feed({{block(0), 1}, {block(8), 2}}, 0);
  const std::uint64_t left = feed.at(0), right = feed.at(8);
  feed({{block(7), 2}, {block(1), 1}}, 0);
  EXPECT_EQ(feed.at(1), left);
  EXPECT_EQ(feed.at(7), right);
  EXPECT_EQ(feed.tracks.alive().size(), 2U);
}

TEST(WindowTracks, WindowsAreAveragedFrameByFrame) {
  Feed feed;
  feed({{block(0, 4)}}, 0);
  feed({{block(0, 2)}}, 2);
  const Track& track = feed.tracks.alive().begin()->second;
  EXPECT_EQ(track.seen, (std::vector<int>{2, 2, 1}));
  EXPECT_FLOAT_EQ(track.logits[0][0][0].item<float>(), 6);    // frame shared: 4 + 2
  EXPECT_FLOAT_EQ(track.logits[2][0][0].item<float>(), 2);    // fresh frame
  EXPECT_FLOAT_EQ(track.logits[1][0][15].item<float>(), -8);  // -4 twice
}

TEST(WindowTracks, OneVerySureWindowDoesNotOutvoteTheOthers) {
  Feed feed;
  at::Tensor doubtful = block(0);  // all but one row of the object again, which it denies with -5
  doubtful.select(1, 0).fill_(-5);
  feed({{block(0, 100)}}, 0);
  feed({{doubtful}}, 2);
  feed({{doubtful}}, 2);
  const Track& track = feed.tracks.alive().begin()->second;
  EXPECT_EQ(track.seen, (std::vector<int>{3, 2, 1}));
  EXPECT_LT(track.logits[0][0][0].item<float>(), 0);  // 8 - 5 - 5
  EXPECT_GT(track.logits[0][1][0].item<float>(), 0);
}

TEST(WindowTracks, ScoresAreAveragedOverWindows) {
  Feed feed;
  feed({{block(0)}}, 0, 0.2);
  feed({{block(0)}}, 2, 0.6);
  EXPECT_NEAR(feed.tracks.alive().begin()->second.score, 0.4, 1e-6);
}

TEST(WindowTracks, AReportedTrackStaysDownToHalfTheThreshold) {
  Feed feed;
  feed({{block(0)}}, 0, 0.5);
  const std::uint64_t key = feed.at(0);
  const auto counts = [&](double threshold) { return feed.tracks.alive().at(key).counts(threshold); };
  EXPECT_TRUE(counts(0.5));
  EXPECT_FALSE(counts(0.6));
  feed.tracks.report(key);
  EXPECT_TRUE(counts(0.9));
  EXPECT_FALSE(counts(1.01));
}

/// Whether a reported object of kind 1 in block(0) that is missing in `missing` frames and then `back` goes on.
bool comes_back(int missing, const Query& back, std::uint64_t max_age, int shared, bool reported = true) {
  Feed feed;
  feed({{block(0), 1}}, 0, 0.5, max_age);
  const std::uint64_t key = feed.at(0);
  if (reported) feed.tracks.report(key);
  at::Tensor returns = nothing();
  // Windows without it until the one whose last `fresh` frames hold it again.
  const int stride = kFrames - shared;
  while (missing >= stride) feed({{nothing(), 2}}, shared, 0.5, max_age), missing -= stride;
  returns.slice(0, shared + missing) = back.logits.slice(0, shared + missing);
  feed({{returns, back.kind}}, shared, 0.5, max_age);
  const auto& alive = feed.tracks.alive();
  return alive.contains(key) && alive.at(key).present() && at::equal(alive.at(key).last, returns[-1].gt(0));
}

TEST(WindowTracks, AnObjectMayBeMissingAsManyFramesAsMaxAge) {
  for (const int shared : {0, 1, 2})
    for (const int max_age : {1, 4, 5, 20})
      for (const int missing : {1, 2, 3, 4, 5, 6, 19, 20, 21, 40}) {
        SCOPED_TRACE(testing::Message() << shared << " shared, " << missing << " missing, age " << max_age);
        EXPECT_EQ(comes_back(missing, {block(1), 1}, std::uint64_t(max_age), shared), missing <= max_age);
      }
}

TEST(WindowTracks, WithoutAgeNobodyComesBack) {
  for (const int shared : {0, 1, 2})
    for (const int missing : {1, 2, 5}) EXPECT_FALSE(comes_back(missing, {block(1), 1}, 0, shared));
}

TEST(WindowTracks, OnlyALikelyObjectComesBack) {
  at::Tensor speck = nothing(), corner = nothing();
  speck.narrow(1, 0, 5).narrow(2, 0, 6).fill_(4);   // 30 cells, it had 128
  corner.narrow(1, 8, 8).narrow(2, 8, 8).fill_(4);  // half its size, and its centre 8.9 cells away
  EXPECT_TRUE(comes_back(4, {block(4), 1}, 20, 2));
  EXPECT_FALSE(comes_back(4, {block(0), 3}, 20, 2)) << "of another kind";
  EXPECT_FALSE(comes_back(4, {speck, 1}, 20, 2)) << "of another size";
  EXPECT_FALSE(comes_back(4, {corner, 1}, 20, 2)) << "elsewhere";
  EXPECT_FALSE(comes_back(4, {block(0), 1}, 20, 2, false)) << "never reported";
  EXPECT_FALSE(comes_back(1, {block(1), 1}, 20, 2, false)) << "never reported, and only just gone";
}

TEST(WindowTracks, OfTheMissingTheOneThatIsAlikeComesBack) {
  Feed feed;
  feed({{block(0), 1}, {block(8), 2}}, 0);
  for (const int left : {0, 8}) feed.tracks.report(feed.at(left));
  const std::uint64_t second = feed.at(8);
  for (int i = 0; i < 4; ++i) feed({{nothing(), 1}}, 2);
  feed({{block(4), 2}}, 2);
  EXPECT_EQ(feed.at(4), second);
}

TEST(WindowTracks, IdsAreGivenOnFirstReportAndNeverAgain) {
  Feed feed;
  feed({{block(0), 1}, {block(8), 2}}, 0);
  const std::uint64_t first = feed.at(0), second = feed.at(8);
  EXPECT_EQ(feed.tracks.report(second), 1U);
  EXPECT_EQ(feed.tracks.report(first), 2U);
  EXPECT_EQ(feed.tracks.report(second), 1U);
  feed.tracks.clear();
  feed({{block(0), 1}}, 0);
  EXPECT_EQ(feed.tracks.report(feed.at(0)), 3U);
}

/// Two tracks that follow block(0) and block(left): in one frame the first is better and reported, then the other.
class TwoTracks {
 public:
  explicit TwoTracks(int left) : left_(left) {
    feed_({{block(0), 1, 0.9}, {block(left), 2, 0.2}}, 0);
    first = feed_.at(0), other = feed_.at(left);
  }
  void swap_scores() {
    for (int i = 0; i < 30; ++i) feed_({{block(0), 1, 0.1}, {block(left_), 2, 0.8}}, 2);
  }
  /// Ids in a frame in which these are reported.
  std::vector<std::uint64_t> ids(const std::vector<std::uint64_t>& keys, double same_thing = 0.5) {
    feed_.tracks.begin_frame(kFrames - 1, same_thing);
    std::vector<std::uint64_t> found;
    for (const std::uint64_t key : keys) found.push_back(feed_.tracks.report(key));
    return found;
  }
  std::uint64_t first = 0, other = 0;

 private:
  int left_;
  Feed feed_;
};

using Ids = std::vector<std::uint64_t>;

TEST(WindowTracks, OneThingKeepsItsIdWhicheverTrackFollowsItBetter) {
  TwoTracks tracks(1);  // IoU 7/9
  EXPECT_EQ(tracks.ids({tracks.first}), Ids{1});
  tracks.swap_scores();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tracks.ids({tracks.other}), Ids{1});
  EXPECT_EQ(tracks.ids({tracks.other, tracks.first}), (Ids{1, 2}));
}

TEST(WindowTracks, ATrackThatIsNotReportedTakesNoId) {
  TwoTracks tracks(1);
  EXPECT_EQ(tracks.ids({tracks.first}), Ids{1});
  tracks.swap_scores();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tracks.ids({tracks.first}), Ids{1});
}

TEST(WindowTracks, TwoThingsKeepTheirIds) {
  TwoTracks apart(4);  // IoU 1/3
  EXPECT_EQ(apart.ids({apart.first}), Ids{1});
  apart.swap_scores();
  EXPECT_EQ(apart.ids({apart.other}), Ids{2});
  TwoTracks both(1);
  EXPECT_EQ(both.ids({both.first, both.other}), (Ids{1, 2}));
  both.swap_scores();
  EXPECT_EQ(both.ids({both.other, both.first}), (Ids{2, 1}));
  TwoTracks overlapping(1);  // in a model whose masks may overlap
  EXPECT_EQ(overlapping.ids({overlapping.first}, 1), Ids{1});
  overlapping.swap_scores();
  EXPECT_EQ(overlapping.ids({overlapping.other}, 1), Ids{2});
}

TEST(WindowTracks, NoMoreThanAThousandAreRemembered) {
  Feed feed;
  for (int part = 0; part < 12; ++part) {
    std::vector<Query> crowd;
    for (int i = 0; i < 100; ++i) crowd.push_back({block(0), part * 100 + i});
    feed(crowd, 0, 0.5, 1'000'000);
    for (const auto& [key, track] : feed.tracks.alive()) feed.tracks.report(key);
    feed({{nothing(), 0}}, 0, 0.5, 1'000'000);
  }
  ASSERT_EQ(feed.tracks.alive().size(), 1000U);
  EXPECT_EQ(feed.tracks.alive().begin()->second.id, 201U) << "the oldest go first";
}

}  // namespace
}  // namespace vcl
