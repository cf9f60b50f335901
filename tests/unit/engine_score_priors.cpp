// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/score_priors.hpp"

#include <gtest/gtest.h>

#include <cmath>

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
  return priors.factors();
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
  for (const at::Tensor& of : {factors(video, true, 0), by_frame.factors()}) {
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

}  // namespace
}  // namespace vcl
