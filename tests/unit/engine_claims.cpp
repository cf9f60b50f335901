// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/claims.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace vcl {
namespace {

/// Logits of a box: 2 inside, -2 outside.
at::Tensor box(int left, int top, int width, int height) {
  at::Tensor logits = at::full({40, 60}, -2.0F);
  logits.slice(0, top, top + height).slice(1, left, left + width).fill_(2);
  return logits;
}

std::int64_t area(const at::Tensor& logits) {
  return logits.gt(0).sum().item<std::int64_t>();
}

TEST(Claims, AWorseMaskLosesWhatABetterOneHas) {
  Claims claims({60, 40});
  claims.claim(box(10, 10, 20, 20));
  const at::Tensor left = claims.left_of(box(25, 10, 20, 20));
  ASSERT_TRUE(left.defined());
  EXPECT_EQ(area(left), 15 * 20);
  EXPECT_EQ(area(at::minimum(left, box(10, 10, 20, 20))), 0);
}

TEST(Claims, TheSameThingOnceMoreIsLeftOut) {
  Claims claims({60, 40});
  claims.claim(box(10, 10, 20, 20));
  EXPECT_FALSE(claims.left_of(box(12, 10, 20, 20)).defined()) << "mostly claimed";
  EXPECT_FALSE(claims.left_of(box(8, 8, 30, 30)).defined()) << "it holds the better one, nearly half of it";
  EXPECT_TRUE(claims.left_of(box(0, 0, 60, 40)).defined()) << "a scene around it is something else";
  EXPECT_TRUE(claims.left_of(box(40, 10, 10, 10)).defined());
}

TEST(Claims, CrumbsAreLeftOut) {
  const Claims claims({60, 40});
  const at::Tensor legs = at::maximum(box(5, 5, 20, 20), box(40, 5, 8, 8)), crumb = box(30, 30, 3, 3);
  EXPECT_EQ(area(claims.left_of(at::maximum(legs, crumb))), 20 * 20 + 8 * 8);
}

TEST(Claims, WhatLiesInThePaddingMakesNoCrumbs) {
  const Claims claims({60, 12});  // the canvas goes on below
  const at::Tensor seen = box(10, 2, 4, 4);
  const at::Tensor left = claims.left_of(at::maximum(seen, box(0, 14, 60, 26)));
  EXPECT_EQ(area(left.slice(0, 0, 12)), 16);
}

TEST(Claims, NothingComesOfAnEmptyOrBrokenMask) {
  const Claims claims({60, 40});
  EXPECT_EQ(area(claims.left_of(at::full({40, 60}, -1.0F))), 0);
  EXPECT_EQ(area(claims.left_of(at::full({40, 60}, std::numeric_limits<float>::quiet_NaN()))), 0);
}

}  // namespace
}  // namespace vcl
