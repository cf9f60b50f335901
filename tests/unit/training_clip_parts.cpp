// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "clip_photos.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/clips/motion.hpp"

namespace vcl::train {
namespace {

TEST(ClipExcursion, HiddenFramesShowNothingAndTheOthersMoveOn) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const int frames = 1 + int(seed % 10);
    const Excursion way = Excursion::draw(frames, random);
    const Size content{40 + int(random.below(80)), 30 + int(random.below(60))};
    const Box box{10, 20, 1 + int(random.below(30)), 1 + int(random.below(30))};
    std::vector<Affine> maps;
    for (int t = 0; t < frames; ++t)
      maps.push_back(affine_of({25, 35, random.uniform(0.3, 2), random.uniform(0.3, 2), random.normal(0.5)},
                               random.uniform(0, content.width), random.uniform(0, content.height)));
    const std::vector<Affine> before = maps;
    way.apply(maps, box, content, 3);
    EXPECT_EQ(way.kind == Excursion::Kind::Stay, frames == 1);
    EXPECT_EQ(maps[std::size_t(way.shown())].x0, before[std::size_t(way.shown())].x0);
    for (int t = way.first_hidden; t <= way.last_hidden; ++t) {
      const Extent extent = extent_of(box, inverse(maps[std::size_t(t)]));
      EXPECT_TRUE(extent.right < -2.9 || extent.left > content.width + 2.9 || extent.bottom < -2.9 ||
                  extent.top > content.height + 2.9)
          << "seed " << seed;
    }
    for (int t = 2; t < frames; ++t)
      EXPECT_LE(std::abs(way.away(t) - 2 * way.away(t - 1) + way.away(t - 2)), 2) << "no kink";
  }
}

/// Mean difference of neighbours: what blur takes away.
double contrast_of(const Clip& clip, int frame) {
  double sum = 0;
  for (std::size_t i = 1; i < clip.pixels(); ++i) sum += std::abs(clip.image(frame)[i] - clip.image(frame)[i - 1]);
  return sum;
}

TEST(ClipLook, FocusIsLostTowardsOneEnd) {
  int first = 0, last = 0, steady = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Random random(seed);
    Clip clip({32, 32}, 4);
    for (std::size_t i = 0; i < clip.pixels(); ++i) clip.image(0)[i] = std::uint8_t(random.below(256));
    for (int t = 1; t < 4; ++t) std::copy_n(clip.image(0), 3 * clip.pixels(), clip.image(t));
    Look look = Look::draw(1, random);
    look.noise = 0, look.light = {};
    for (int t = 0; t < 4; ++t) apply(look, clip, t, random);
    const double change = contrast_of(clip, 3) / contrast_of(clip, 0);
    first += change > 1.4, last += change<0.7, steady += change> 0.85 && change < 1.15;
    EXPECT_EQ(look.defocus > 0, change < 0.85) << seed;
    EXPECT_EQ(look.defocus<0, change> 1.15) << seed;
  }
  EXPECT_GT(first, 5);
  EXPECT_GT(last, 5);
  EXPECT_GT(steady, 50) << "two in three";
}

TEST(ClipRandom, OptionsThatAreOffDrawNothing) {
  Random random(4), untouched(4);
  Motion motion;
  EXPECT_FALSE(random.happens(0));
  Light::draw(0, random);
  bend(motion, {1, 1, 1, 1}, 0, 9, random);
  EXPECT_EQ(random.next(), untouched.next()) << "clips with the defaults are what they were before there were options";
}

TEST(ClipMaps, InverseAndCompositionAgreeWithThePoints) {
  Random random(8);
  for (int round = 0; round < 100; ++round) {
    const auto draw = [&] {
      return affine_of(
          {random.normal(50), random.normal(50), random.uniform(-2, -0.2), random.uniform(0.2, 2), random.normal(1)},
          random.normal(50), random.normal(50));
    };
    const Affine a = draw(), b = draw();
    const double x = random.normal(50), y = random.normal(50), px = b.x(x, y), py = b.y(x, y);
    EXPECT_NEAR(compose(a, b).x(x, y), a.x(px, py), 1e-9);
    EXPECT_NEAR(compose(a, b).y(x, y), a.y(px, py), 1e-9);
    EXPECT_NEAR(inverse(b).x(px, py), x, 1e-9);
    EXPECT_NEAR(inverse(b).y(px, py), y, 1e-9);
    EXPECT_NEAR(moved(a, 3, 4).x(x + 3, y + 4), a.x(x, y), 1e-9);
    EXPECT_NEAR(moved(a, 3, 4).y(x + 3, y + 4), a.y(x, y), 1e-9);
  }
}

TEST(ClipHostile, TinyPhotosEmptyPhotosAndPixelMasks) {
  Random random(5);
  ColouredPhotos tiny;
  tiny.add({1, 1}, {0}, 1);
  tiny.add({1, 1}, {1}, 2);
  tiny.add({2, 3}, {0, 0, 0, 7, 0, 0}, 3);
  tiny.add({5, 5}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 4);
  tiny.add({300, 1}, std::vector<std::uint8_t>(300, 0), 5);
  tiny.add({40, 30}, std::vector<std::uint8_t>(1200, 1), 6);  // an instance everywhere
  std::vector<std::uint8_t> many(600);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = std::uint8_t(i % 256);  // no label is free
  tiny.add({30, 20}, many, 7);
  const ClipSource source(tiny.photos, tiny.among);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random dice(seed);
    const ClipOptions options{0,
                              0.1,
                              0.5,
                              dice.uniform(),
                              dice.uniform(0, 2),
                              dice.uniform(),
                              dice.uniform(),
                              dice.uniform(),
                              dice.uniform(0, 2),
                              int(dice.below(4))};
    const Size canvas{1 + int(dice.below(70)), 1 + int(dice.below(50))};
    const Clip clip = make_clip(source, canvas, 1 + int(dice.below(10)), options, dice);
    ASSERT_LE(*std::ranges::max_element(clip.labels), clip.instances);
  }
  ColouredPhotos empty;
  empty.add({30, 20}, std::vector<std::uint8_t>(600, 0), 1);
  const ClipSource no_objects(empty.photos, empty.among);
  const Clip clip = make_clip(no_objects, {33, 17}, 4, kPastesOnly, random);
  EXPECT_EQ(clip.instances, 0) << "nothing to paste, nothing to show";
}

}  // namespace
}  // namespace vcl::train
