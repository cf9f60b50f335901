// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/score_priors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace vcl {
namespace {

/// One mask of a frame of 8x6 cells: the box from row y, column x.
at::Tensor box(int y, int x, int height, int width) {
  at::Tensor mask = at::zeros({1, 1, 6, 8}, at::kBool);
  mask[0][0].narrow(0, y, height).narrow(1, x, width).fill_(true);
  return mask;
}

at::Tensor factors(const at::Tensor& masks, bool border, double typical_share) {
  ScorePriors priors(border, typical_share);
  priors.add(masks);
  return priors.weigh(at::ones({masks.size(0)}));
}

double border(const at::Tensor& mask) {
  return factors(mask, true, 0).item<double>();
}

double size(const at::Tensor& mask) {
  return factors(mask, false, 0.5).item<double>();
}

TEST(ScorePriors, BorderCellsOverTheRootOfTheAreaByHand) {
  EXPECT_DOUBLE_EQ(border(box(1, 1, 4, 6)), 1);                           // touches nothing
  EXPECT_NEAR(border(box(0, 2, 4, 3)), std::exp(-9 / 12.0 / 2), 1e-6);    // three cells along the top
  EXPECT_NEAR(border(box(4, 2, 2, 3)), std::exp(-9 / 6.0 / 2), 1e-6);     // along the bottom
  EXPECT_NEAR(border(box(2, 0, 2, 2)), std::exp(-4 / 4.0 / 2), 1e-6);     // along the left
  EXPECT_NEAR(border(box(2, 6, 2, 2)), std::exp(-4 / 4.0 / 2), 1e-6);     // along the right
  EXPECT_NEAR(border(box(0, 0, 2, 3)), std::exp(-25 / 6.0 / 2), 1e-6);    // a corner: 3 + 2 cells, one of them twice
  EXPECT_NEAR(border(box(0, 0, 6, 8)), std::exp(-784 / 48.0 / 2), 1e-6);  // all
  EXPECT_DOUBLE_EQ(border(at::zeros({1, 1, 6, 8}, at::kBool)), 1);        // an empty mask is divided by nothing
}

TEST(ScorePriors, EachMaskIsAloneAndFramesAreAveraged) {
  const at::Tensor inside = box(1, 1, 4, 6), along = box(0, 2, 4, 3);
  const at::Tensor video = at::cat({at::cat({inside, along}, 1), at::cat({inside, inside}, 1)});
  ScorePriors by_frame(true, 0);
  for (const std::int64_t t : {0, 1}) by_frame.add(video.narrow(1, t, 1));
  for (const at::Tensor& of : {factors(video, true, 0), by_frame.weigh(at::ones({2}))}) {
    ASSERT_EQ(of.sizes(), at::IntArrayRef({2}));
    EXPECT_NEAR(of[0].item<double>(), (1 + std::exp(-9 / 12.0 / 2)) / 2, 1e-6);
    EXPECT_DOUBLE_EQ(of[1].item<double>(), 1);
  }
}

TEST(ScorePriors, SizeCountsUpToTheTypicalShare) {
  EXPECT_NEAR(size(box(0, 0, 6, 1)), std::pow(0.25, 0.25), 1e-6);
  EXPECT_DOUBLE_EQ(size(box(0, 0, 6, 4)), 1);
  EXPECT_DOUBLE_EQ(size(box(0, 0, 6, 8)), 1);
  EXPECT_DOUBLE_EQ(size(at::zeros({1, 2, 6, 8}, at::kBool)), 0);
}

/// The score of the box of four cells after frames in whose left half things move so fast.
double moved(double score, const std::vector<double>& contrasts, int x = 0) {
  ScorePriors priors(false, 0);
  for (const double contrast : contrasts) {
    at::Tensor motion = at::ones({1, 6, 8});
    motion.narrow(2, 0, 4).fill_(contrast);
    priors.add(box(0, x, 2, 2), motion);
  }
  return priors.weigh(at::full({1}, score, at::kFloat)).item<double>();
}

TEST(ScorePriors, MotionCountsAsMoreLooksOrFewer) {
  EXPECT_NEAR(moved(0.4, {1}), 0.4, 1e-6);
  EXPECT_NEAR(moved(0.4, {2}), 1 - std::pow(0.6, 4), 1e-6);
  EXPECT_NEAR(moved(0.4, {3, 4}), 1 - std::pow(0.6, 8), 1e-6) << "at most eight looks";
  EXPECT_NEAR(moved(0.4, {1, 2}), 1 - std::pow(0.6, 2.25), 1e-6) << "mean over the frames";
  EXPECT_NEAR(moved(0.4, {0.1}), 1 - std::sqrt(0.6), 1e-6) << "at least half of one";
  EXPECT_NEAR(moved(0.4, {2}, 4), 0.4, 1e-6) << "where the mask is";
  EXPECT_NEAR(moved(0.4, {2}, 3), 1 - std::pow(0.6, 2.25), 1e-6);
  for (const double score : {0.0, 1.0}) EXPECT_NEAR(moved(score, {2}), score, 1e-6);
}

TEST(ScorePriors, MotionCountsInFramesInWhichTheMaskIs) {
  ScorePriors priors(false, 0);
  const at::Tensor masks = at::cat({box(0, 0, 2, 2), at::zeros({1, 1, 6, 8}, at::kBool)});  // the other is nowhere
  priors.add(masks, at::full({1, 6, 8}, 2.0));
  priors.add(at::zeros({2, 1, 6, 8}, at::kBool), at::full({1, 6, 8}, 0.5));
  const at::Tensor scores = priors.weigh(at::full({2}, 0.4));
  EXPECT_NEAR(scores[0].item<double>(), 1 - std::pow(0.6, 4), 1e-6);
  EXPECT_NEAR(scores[1].item<double>(), 0.4, 1e-6);
}

}  // namespace
}  // namespace vcl
