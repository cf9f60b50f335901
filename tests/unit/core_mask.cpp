// SPDX-License-Identifier: LGPL-2.1-or-later
// Run lengths against the pixels that they stand for. Everything is compared exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core_random.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"
#include "vcl/mask_crop.hpp"

namespace vcl {
namespace {

using test::random_mask;
using test::Rng;
using test::uniform;

void expect_canonical(const Rle& rle) {
  EXPECT_EQ(std::accumulate(rle.runs.begin(), rle.runs.end(), std::int64_t(0)), std::int64_t(rle.width) * rle.height);
  for (std::size_t i = 1; i < rle.runs.size(); ++i) EXPECT_GT(rle.runs[i], 0u);
}

Mask binary(Mask mask) {
  for (std::uint8_t& pixel : mask.pixels) pixel = pixel != 0;
  return mask;
}

Box box_of_pixels(const Mask& mask) {
  int left = mask.width, right = -1, top = mask.height, bottom = -1;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (!mask.at(x, y)) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  return right < 0 ? Box{} : Box{left, top, right - left + 1, bottom - top + 1};
}

TEST(Mask, EncodesAndDecodesRandomMasks) {
  Rng rng(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const Mask mask = random_mask(rng, uniform(rng, 0, 40), uniform(rng, 0, 40));
    const Rle rle = rle_encode(mask);
    expect_canonical(rle);
    EXPECT_EQ(rle_decode(rle).pixels, binary(mask).pixels);
    EXPECT_EQ(rle_from_string(rle_to_string(rle), rle.width, rle.height), rle);
    const std::vector<std::int64_t> counts(rle.runs.begin(), rle.runs.end());
    EXPECT_EQ(rle_from_counts(counts, rle.width, rle.height), rle);
    EXPECT_EQ(rle_area(rle), std::uint64_t(std::ranges::count_if(mask.pixels, [](int pixel) { return pixel != 0; })));
    EXPECT_EQ(rle_box(rle), box_of_pixels(mask));
  }
}

TEST(Mask, LargeMasksKeepTheirNumbers) {
  Mask mask(2100, 1999);
  mask.at(2099, 1998) = 1;
  EXPECT_EQ(rle_decode(rle_from_string(rle_to_string(rle_encode(mask)), 2100, 1999)).pixels, mask.pixels);
  EXPECT_EQ(rle_box(rle_encode(mask)), (Box{2099, 1998, 1, 1}));
}

TEST(Mask, SetOperationsEqualThoseOnPixels) {
  Rng rng(2);
  for (int trial = 0; trial < 1000; ++trial) {
    const int width = uniform(rng, 1, 30), height = uniform(rng, 1, 30);
    std::vector<Mask> masks;
    std::vector<Rle> rles;
    for (int n = uniform(rng, 1, 4); n > 0; --n) {
      masks.push_back(binary(random_mask(rng, width, height)));
      rles.push_back(rle_encode(masks.back()));
    }
    Mask any(width, height), all(width, height);
    for (std::size_t i = 0; i < any.pixels.size(); ++i) {
      any.pixels[i] = std::ranges::any_of(masks, [&](const Mask& mask) { return mask.pixels[i] != 0; });
      all.pixels[i] = std::ranges::all_of(masks, [&](const Mask& mask) { return mask.pixels[i] != 0; });
    }
    EXPECT_EQ(rle_merge(rles), rle_encode(any));
    EXPECT_EQ(rle_merge(rles, true), rle_encode(all));
    const Rle &a = rles.front(), &b = rles.back();
    const std::uint64_t both = rle_area(rle_merge(std::vector{a, b}, true)),
                        either = rle_area(rle_merge(std::vector{a, b}));
    EXPECT_EQ(rle_intersection(a, b), both);
    EXPECT_EQ(rle_iou(a, b), either == 0 ? 0.0 : double(both) / double(either));
    EXPECT_EQ(rle_iou(a, b, true), rle_area(a) == 0 ? 0.0 : double(both) / double(rle_area(a)));
  }
}

TEST(Mask, NothingToMergeIsAnEmptyMask) {
  EXPECT_EQ(rle_merge({}), Rle{});
}

TEST(Mask, MutatedTextIsAMaskOrAnError) {
  Rng rng(3);
  int accepted = 0, refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const int width = uniform(rng, 1, 20), height = uniform(rng, 1, 20);
    const std::string text = test::mutated(rng, rle_to_string(rle_encode(random_mask(rng, width, height))));
    try {
      const Rle rle = rle_from_string(text, width, height);
      expect_canonical(rle);
      EXPECT_EQ(rle_encode(rle_decode(rle)), rle);
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);  // else the test would not reach what it is for
  EXPECT_GT(refused, 1000);
}

TEST(Mask, HostileSizesAreRefusedBeforeAllocation) {
  constexpr int kHuge = std::numeric_limits<int>::max();
  EXPECT_THROW(rle_from_string("0", kHuge, kHuge), Error);
  EXPECT_THROW(rle_from_string("0", -1, 1), Error);
  EXPECT_THROW(rle_from_counts(std::vector<std::int64_t>{1}, -1, -1), Error);
  EXPECT_THROW(rle_from_counts(std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::max()}, 1, 1), Error);
  EXPECT_THROW(rle_from_counts(std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()}, 1, 1), Error);
  EXPECT_THROW(rle_decode({kHuge, kHuge, {1}}), Error);
  EXPECT_THROW(rle_decode({-1, 1, {}}), Error);
}

TEST(Mask, RunsOrPixelsThatDoNotFitTheSizeAreRefused) {
  EXPECT_THROW(rle_decode({2, 2, {3}}), Error);
  EXPECT_THROW(rle_decode({2, 2, {3, 2}}), Error);
  EXPECT_THROW(rle_decode({2, 2, {0xffffffffu, 0xffffffffu, 6}}), Error);
  Mask mask(3, 3);
  mask.pixels.pop_back();
  EXPECT_THROW(rle_encode(mask), Error);
  EXPECT_EQ(rle_box({5, 0, {0, 7}}), Box{});
}

TEST(MaskCrop, CropsAndPastesTheSamePixels) {
  Rng rng(5);
  for (int trial = 0; trial < 1000; ++trial) {
    const int width = uniform(rng, 1, 30), height = uniform(rng, 1, 30);
    const Mask mask = binary(random_mask(rng, width, height));
    const int x = uniform(rng, 0, width), y = uniform(rng, 0, height);
    const Box box{x, y, uniform(rng, 0, width - x), uniform(rng, 0, height - y)};
    Mask crop(box.width, box.height), left(width, height);
    for (int row = 0; row < box.height; ++row) {
      for (int col = 0; col < box.width; ++col) {
        left.at(x + col, y + row) = crop.at(col, row) = mask.at(x + col, y + row);
      }
    }
    EXPECT_EQ(rle_crop(rle_encode(mask), box).pixels, crop.pixels);
    EXPECT_EQ(rle_from_crop(crop, x, y, {width, height}), rle_encode(left));
    EXPECT_THROW(rle_crop(rle_encode(mask), {x, y, width - x + 1, 0}), Error);
  }
}

TEST(MaskCrop, ScaledMasksTakeTheNearestPixelAndNeverVanish) {
  Rng rng(6);
  for (int trial = 0; trial < 1000; ++trial) {
    const Mask mask = binary(random_mask(rng, uniform(rng, 1, 30), uniform(rng, 1, 30)));
    Mask scaled(uniform(rng, 1, 40), uniform(rng, 1, 40));
    for (int y = 0; y < scaled.height; ++y) {
      for (int x = 0; x < scaled.width; ++x) {
        scaled.at(x, y) =
            mask.at((2 * x + 1) * mask.width / (2 * scaled.width), (2 * y + 1) * mask.height / (2 * scaled.height));
      }
    }
    const Rle found = rle_scale(rle_encode(mask), {scaled.width, scaled.height}), expected = rle_encode(scaled);
    const bool vanishes = rle_area(expected) == 0 && rle_area(rle_encode(mask)) > 0;
    if (vanishes) {
      EXPECT_EQ(rle_area(found), 1u);
    } else {
      EXPECT_EQ(found, expected);
    }
    expect_canonical(found);
  }
  EXPECT_THROW(rle_scale(rle_encode(Mask(2, 2)), {0, 2}), Error);
}

}  // namespace
}  // namespace vcl
