// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/geometry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Rng;
using test::uniform;

constexpr int kHuge = std::numeric_limits<int>::max();

/// Largest for the best canvas: the cover, then the fewest pixels, then the width.
std::tuple<std::int64_t, std::int64_t, int> rank_of(Size content, Size canvas) {
  return {std::int64_t(content.width) * content.height, -std::int64_t(canvas.width) * canvas.height, canvas.width};
}

/// Every canvas there is, one by one.
Letterbox fit_by_search(Size source, int pixels, int stride) {
  Letterbox best{source, {}, {}};
  for (int width = stride; width * stride <= pixels; width += stride) {
    for (int height = stride; width * height <= pixels; height += stride) {
      const double scale = std::min(double(width) / source.width, double(height) / source.height);
      const Size content{std::min(width, std::max(1, int(std::lround(source.width * scale)))),
                         std::min(height, std::max(1, int(std::lround(source.height * scale))))};
      if (rank_of(content, {width, height}) > rank_of(best.content, best.canvas))
        best = {source, content, {width, height}};
    }
  }
  return best;
}

TEST(Letterbox, IsTheBestOfAllCanvases) {
  Rng rng(1);
  for (int trial = 0; trial < 1500; ++trial) {
    const int stride = 1 << uniform(rng, 0, 5), extreme = uniform(rng, 0, 9) == 0 ? 100 : 1;
    const Size source{uniform(rng, 1, 900) * extreme, uniform(rng, 1, 900)};
    const int pixels = stride * stride * uniform(rng, 1, 300) + uniform(rng, 0, stride);
    const Letterbox found = letterbox_fit(source, pixels, stride), best = fit_by_search(source, pixels, stride);
    EXPECT_EQ(found.canvas, best.canvas) << source.width << "x" << source.height << " " << pixels << "/" << stride;
    EXPECT_EQ(found.content, best.content);
    EXPECT_EQ(found.source, source);
  }
}

TEST(Letterbox, PaperSize) {
  const Letterbox box = letterbox_fit({1280, 720}, 640 * 384, 32);
  EXPECT_EQ(box.canvas, (Size{640, 384}));
  EXPECT_EQ(box.content, (Size{640, 360}));
}

TEST(Letterbox, CoordinatesGoThereAndBack) {
  Rng rng(2);
  for (int trial = 0; trial < 1000; ++trial) {
    const Letterbox box = letterbox_fit({uniform(rng, 1, 4000), uniform(rng, 1, 4000)}, 640 * 384, 32);
    const double x = uniform(rng, 0, box.source.width), y = uniform(rng, 0, box.source.height);
    EXPECT_NEAR(box.to_source_x(box.to_canvas_x(x)), x, 1e-9);  // four roundings of numbers below 4000
    EXPECT_NEAR(box.to_source_y(box.to_canvas_y(y)), y, 1e-9);
    EXPECT_DOUBLE_EQ(box.to_canvas_x(box.source.width), box.content.width);
    EXPECT_DOUBLE_EQ(box.to_canvas_y(box.source.height), box.content.height);
  }
}

TEST(Letterbox, ExtremeSourcesKeepAPixel) {
  for (const Size source : {Size{kHuge, 1}, Size{1, kHuge}, Size{kHuge, kHuge}, Size{1, 1}}) {
    const Letterbox box = letterbox_fit(source, 640 * 384, 32);
    EXPECT_GE(box.content.width, 1);
    EXPECT_GE(box.content.height, 1);
    EXPECT_LE(box.content.width, box.canvas.width);
    EXPECT_LE(box.content.height, box.canvas.height);
  }
}

TEST(Letterbox, ImpossibleRequestsAreRefused) {
  EXPECT_THROW(letterbox_fit({0, 10}, 1024, 32), Error);
  EXPECT_THROW(letterbox_fit({10, -1}, 1024, 32), Error);
  EXPECT_THROW(letterbox_fit({10, 10}, 1023, 32), Error);
  EXPECT_THROW(letterbox_fit({10, 10}, 1024, 0), Error);
  EXPECT_THROW(letterbox_fit({10, 10}, 1024, kHuge), Error);
  EXPECT_THROW(letterbox_fit({10, 10}, std::numeric_limits<std::int64_t>::max(), 1), Error);
  EXPECT_THROW(letterbox_fit({10, 10}, -5, 1), Error);
}

TEST(Box, IouOfEmptyAndHugeBoxes) {
  EXPECT_EQ(box_iou({}, {}), 0.0);
  EXPECT_EQ(box_iou({0, 0, 4, 4}, {2, 0, 4, 4}), 8.0 / 24.0);
  EXPECT_EQ(box_iou({0, 0, 4, 4}, {4, 0, 4, 4}), 0.0);
  EXPECT_EQ(box_iou({0, 0, kHuge, kHuge}, {0, 0, kHuge, kHuge}), 1.0);
}

}  // namespace
}  // namespace vcl
