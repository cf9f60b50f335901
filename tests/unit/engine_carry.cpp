// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/stream/carry_masks.hpp"
#include "libvcl/engine/stream/moving_parts.hpp"
#include "libvcl/engine/stream/score_priors.hpp"
#include "libvcl/engine/stream/window_tracks.hpp"

namespace vcl {
namespace {

constexpr std::int64_t kHeight = 16, kWidth = 24;  // mask cells
constexpr std::uint64_t kMaxAge = 30;

/// Logits of a block of 5x5 cells: 4 inside, -4 outside.
at::Tensor block(std::int64_t x, std::int64_t y) {
  at::Tensor logits = at::full({kHeight, kWidth}, -4.0F);
  logits.slice(0, y, y + 5).slice(1, x, x + 5).fill_(4);
  return logits;
}

/// Everything has come from `x`, `y` cells farther, and so much of it differs.
CellMotion moved(float x, float y, float error = 0) {
  at::Tensor planes = at::zeros({kMotionPlanes, 4 * kHeight, 4 * kWidth});
  planes[kFlowPlane].fill_(4 * x / kFlowUnit);
  planes[kFlowPlane + 1].fill_(4 * y / kFlowUnit);
  planes[kErrorPlane].fill_(error);
  planes[kKnownPlane].fill_(1);
  return cell_motion(planes, 4);
}

TEST(Carry, MasksGoWithTheMotion) {
  const at::Tensor carried = carry(block(4, 3).unsqueeze(0), moved(-3, -2))[0];
  EXPECT_TRUE(at::equal(carried.gt(0), block(7, 5).gt(0)));
  const at::Tensor between = carry(block(4, 3).unsqueeze(0), moved(-0.5, 0))[0];
  EXPECT_NEAR(between[5][4].item<float>(), 0, 1e-5);  // places are rounded
  EXPECT_NEAR(between[5][5].item<float>(), 4, 1e-5);
}

TEST(Carry, WhatNothingExplainsFades) {
  const at::Tensor sure = carry(block(4, 3).unsqueeze(0), moved(0, 0))[0];
  const at::Tensor unsure = carry(block(4, 3).unsqueeze(0), moved(0, 0, 2))[0];
  EXPECT_FLOAT_EQ(sure[5][6].item<float>(), 4);
  EXPECT_FLOAT_EQ(unsure[5][6].item<float>(), 4.0F / 5);
  EXPECT_FLOAT_EQ(unsure[0][0].item<float>(), -4);
  EXPECT_FALSE(cell_motion(at::zeros({kMotionPlanes, 4 * kHeight, 4 * kWidth}), 4).back.defined());
}

TEST(Carry, FinerCellsHaveMovedAsManyPixels) {
  at::Tensor planes = at::zeros({kMotionPlanes, 4 * kHeight, 4 * kWidth});
  planes[kFlowPlane].fill_(6 / kFlowUnit);
  planes[kKnownPlane].fill_(1);
  const CellMotion coarse = cell_motion(planes, 4), fine = cell_motion(planes, 2);
  EXPECT_EQ(fine.back.sizes(), (std::vector<std::int64_t>{2 * kHeight, 2 * kWidth, 2}));
  EXPECT_FLOAT_EQ(coarse.back[3][5][0].item<float>(), 6.0F / 4);
  EXPECT_FLOAT_EQ(fine.back[3][5][0].item<float>(), 6.0F / 2);
}

/// A stream of windows of three frames, one apart, in which one thing moves two cells per frame from left to right,
/// then waits; it is found only in frames that `seen` says. Query 1 finds nothing.
class Moving {
 public:
  explicit Moving(bool motion) : motion_(motion) {}

  void step(bool seen, double likeness = 1) {
    WindowQueries window;
    const int first = std::max(0, frame_ - 2);
    window.shared = frame_ - first;
    std::vector<at::Tensor> masks;
    for (int t = first; t <= frame_; ++t) {
      window.frames.push_back(std::uint64_t(t));
      masks.push_back(seen ? block(place(t), 5) : at::full({kHeight, kWidth}, -4.0F));
    }
    const at::Tensor own = at::stack(masks);
    window.logits = at::stack({own, at::full_like(own, -4)});
    window.scores = at::tensor({seen ? 0.8F : 0.0F, 0.0F});
    window.embeddings =
        at::tensor({float(likeness), float(std::sqrt(1 - likeness * likeness)), 0.0F, 0.0F, 0.0F, 1.0F}).view({2, 3});
    if (motion_) window.motion = {moved(-float(place(frame_) - place(frame_ - 1)), 0)};
    tracks.update(window, kMaxAge);
    for (const auto& [key, track] : tracks.alive())
      if (track.counts(0.5)) tracks.report(key);
    ++frame_;
  }

  /// The reported track whose mask in the newest frame is the thing's; 0: none.
  std::uint64_t id_on_it() const {
    for (const auto& [key, track] : tracks.alive()) {
      if (track.id == 0 || track.seen.back() == 0) continue;
      const at::Tensor mask = track.logits[-1].gt(0), thing = block(place(frame_ - 1), 5).gt(0);
      const double both = mask.logical_and(thing).sum().item<double>(),
                   either = mask.logical_or(thing).sum().item<double>();
      if (both > 0.7 * either) return track.id;
    }
    return 0;
  }

  WindowTracks tracks;

 private:
  static std::int64_t place(int frame) { return std::min(2 * std::max(frame, 0), 18); }

  bool motion_;
  int frame_ = 0;
};

TEST(Carry, AThingThatNoQueryFindsForAWhileKeepsItsMaskAndItsId) {
  Moving with(true), without(false);
  for (Moving* world : {&with, &without})
    for (int t = 0; t < 4; ++t) world->step(true);
  const std::uint64_t id = with.id_on_it();
  ASSERT_NE(id, 0U);
  for (int t = 0; t < 12; ++t) {
    with.step(false), without.step(false);
    EXPECT_EQ(with.id_on_it(), id) << "frame " << t << " after it was last found";
  }
  EXPECT_EQ(without.id_on_it(), 0U) << "without motion nothing is carried";
  // Found again, by a query that is not alike: only where it is says who it is.
  for (int t = 0; t < 3; ++t) with.step(true, 0.3);
  EXPECT_EQ(with.id_on_it(), id);
}

TEST(Carry, AMaskIsNotCarriedForEver) {
  Moving world(true);
  for (int t = 0; t < 4; ++t) world.step(true);
  double score = 1;
  int carried = 0;
  for (int t = 0; t < 100; ++t) {
    world.step(false);
    if (world.id_on_it() == 0) break;
    ++carried;
    for (const auto& [key, track] : world.tracks.alive())
      if (track.id != 0) {
        EXPECT_LT(track.score, score);
        score = track.score;
      }
  }
  EXPECT_GE(carried, 12);
  EXPECT_LE(carried, 40);
}

TEST(ScorePriors, WhatTheNetworkSaysMovesRanksFirst) {
  const at::Tensor masks = at::stack({block(2, 2), block(14, 8)}).gt(0).unsqueeze(1);  // [Q, T, h, w]
  const at::Tensor scores = at::tensor({0.5F, 0.4F});
  const auto weighed = [&](const std::vector<at::Tensor>& moves) {
    ScorePriors priors(false, 0);
    priors.add(masks, {}, MovingParts(moves).overlap(masks));
    return priors.weigh(scores);
  };
  const at::Tensor second = block(14, 8).sigmoid();
  const at::Tensor moving = weighed({second});
  EXPECT_GT(moving[1].item<float>(), 0.7F);
  EXPECT_LT(moving[0].item<float>(), 0.5F);
  EXPECT_TRUE(at::equal(weighed({at::zeros({kHeight, kWidth})}), scores)) << "nothing moves";
  EXPECT_TRUE(at::equal(weighed({at::Tensor()}), scores)) << "nobody knows";
  EXPECT_TRUE(at::equal(weighed({}), scores));
}

}  // namespace
}  // namespace vcl
