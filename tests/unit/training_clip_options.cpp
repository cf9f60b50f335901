// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "clip_photos.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/clips/layers.hpp"
#include "training/clips/paste.hpp"
#include "training/clips/photo_view.hpp"

namespace vcl::train {
namespace {

class ClipOptionsTest : public ::testing::Test {
 protected:
  ClipOptionsTest() {
    Random random(3);
    for (int k = 0; k < 28; ++k)
      photos_.add_ellipse({60 + int(random.below(60)), 50 + int(random.below(50))}, std::uint8_t(k % 9 == 0 ? 255 : 1),
                          1 + k % ColouredPhotos::kColours, random);
    source_.emplace(photos_.photos, photos_.among);
  }

  /// Any options but for the mix.
  static ClipOptions draw_options(Random& random) {
    ClipOptions options = kPastesOnly;
    options.smooth = random.uniform();
    options.curve = random.uniform(0, 2);
    options.camera = random.uniform();
    options.reorder = random.uniform();
    options.enter_leave = random.uniform();
    options.appearance = random.uniform(0, 2);
    options.feather = int(random.below(4));
    return options;
  }

  /// Pastes over a background, each photo's pixels as they are: no look, no padding.
  struct Drawn {
    Clip clip;
    Background background;
    std::vector<Layer> pastes, own;
    std::optional<Order> order;
  };
  Drawn draw(Size canvas, int frames, const ClipOptions& options, Random& random) const {
    Drawn drawn{Clip(canvas, frames), draw_background(*source_, canvas, frames, options, random), {}, {}, {}};
    for (int t = 0; t < frames; ++t)
      draw_frame(*drawn.background.photo, drawn.background.maps[std::size_t(t)], drawn.clip, t, false);
    drawn.own = own_layers(drawn.background, drawn.clip);
    drawn.pastes = place_pastes(*source_, drawn.background, options, drawn.clip, random);
    if (frames > 1 && random.happens(options.reorder)) drawn.order = Order::draw(frames, random);
    draw_pastes(drawn.pastes, drawn.own, drawn.order, options.feather, drawn.clip);
    return drawn;
  }

  int code_of(const Photo* photo) const { return photos_.codes[std::size_t(photo - photos_.photos.data())]; }

  ColouredPhotos photos_;
  std::optional<ClipSource> source_;
};

/// Whether all pixels up to `distance` from (x, y) have the label of the middle.
bool is_inside(const Clip& clip, int frame, int x, int y, int distance) {
  const auto at = [&](int px, int py) { return clip.label(frame)[py * clip.canvas.width + px]; };
  for (int j = std::max(0, y - distance); j <= std::min(clip.canvas.height - 1, y + distance); ++j)
    for (int i = std::max(0, x - distance); i <= std::min(clip.canvas.width - 1, x + distance); ++i)
      if (at(i, j) != at(x, y)) return false;
  return true;
}

/// Canvas point of the middle of the layer's box.
std::array<double, 2> middle_of(const Layer& layer, int frame) {
  const Extent extent = extent_of(layer.box, inverse(layer.maps[std::size_t(frame)]));
  return {(extent.left + extent.right) / 2, (extent.top + extent.bottom) / 2};
}

/// How much a layer's steps change from frame to frame, pixels.
std::vector<double> accelerations_of(const Layer& layer) {
  std::vector<double> values;
  for (int t = 2; t < int(layer.maps.size()); ++t) {
    const auto a = middle_of(layer, t - 2), b = middle_of(layer, t - 1), c = middle_of(layer, t);
    values.push_back(std::hypot(a[0] - 2 * b[0] + c[0], a[1] - 2 * b[1] + c[1]));
  }
  return values;
}

bool is_seen(const Layer& layer, int frame, Size content) {
  const Cover cover = cover_of({layer.photo, layer.instance, layer.box, layer.maps[std::size_t(frame)]}, content, 1);
  for (int y = 0; y < content.height; ++y)
    for (int x = 0; x < content.width; ++x)
      if (cover.holds(x, y)) return true;
  return false;
}

/// Of `count` draws with probability p, but for one in 30,000 times.
void expect_share(double found, double p, int count) {
  EXPECT_NEAR(found / count, p, 4.2 * std::sqrt(p * (1 - p) / count) + 1e-9);
}

TEST_F(ClipOptionsTest, EveryPixelShowsTheInstanceOfItsLabel) {
  std::size_t checked = 0, ids_of_pastes = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const ClipOptions options = draw_options(random);
    const Size canvas{61 + 2 * int(random.below(20)), 41 + 2 * int(random.below(20))};
    const int frames = 2 + int(random.below(9));
    const Drawn drawn = draw(canvas, frames, options, random);
    std::map<int, int> codes = {{0, 0}};  // of each label
    for (const Layer& layer : drawn.own) codes[layer.id] = code_of(layer.photo);
    for (const Layer& layer : drawn.pastes) {
      ASSERT_TRUE(codes.emplace(layer.id, code_of(layer.photo)).second) << "two objects share a label";
      ++ids_of_pastes;
    }
    const int border = 2 + options.feather;  // what is just outside the picture is soft within it too
    for (int t = 0; t < frames; ++t)
      for (int y = border; y < canvas.height - border; ++y)
        for (int x = border; x < canvas.width - border; ++x) {
          if (!is_inside(drawn.clip, t, x, y, border)) continue;
          const std::size_t i = std::size_t(y * canvas.width + x);
          int code = 0;
          for (std::size_t c = 0; c < 3; ++c) code |= (drawn.clip.image(t)[c * drawn.clip.pixels() + i] > 40) << c;
          ASSERT_EQ(code, codes.at(drawn.clip.label(t)[i]))
              << "seed " << seed << " frame " << t << " " << x << "," << y;
          checked += code != 0;
        }
  }
  EXPECT_GT(checked, 50000U);
  EXPECT_GT(ids_of_pastes, 100U);
}

TEST_F(ClipOptionsTest, SameSeedSameClipAndObjectsStayNumbered) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random dice(seed);
    ClipOptions options = draw_options(dice);
    options.padded = options.without_paste = 0.3;
    const int frames = 1 + int(seed % 10);
    Random a(seed, 1, 2), b(seed, 1, 2);
    const Clip clip = make_clip(*source_, {75, 53}, frames, options, a);
    const Clip again = make_clip(*source_, {75, 53}, frames, options, b);
    EXPECT_EQ(clip.images, again.images);
    EXPECT_EQ(clip.labels, again.labels);
    std::array<int, 256> area{};
    for (const std::uint8_t id : clip.labels) ++area[id];
    for (int id = 1; id < 256; ++id) EXPECT_EQ(area[std::size_t(id)] >= kLeastPixels, id <= clip.instances) << seed;
  }
}

TEST_F(ClipOptionsTest, SharesAreThoseThatWereAskedFor) {
  constexpr int kClips = 400;
  ClipOptions options = kPastesOnly;
  options.without_paste = 0.5, options.without_object = 0.2, options.smooth = 0.3, options.camera = 0.4;
  int several = 0, none = 0, smooth = 0, camera = 0, with_object = 0;
  for (std::uint64_t seed = 0; seed < kClips; ++seed) {
    Random a(seed), b(seed + 1000);
    const Clip clip = make_clip(*source_, {64, 48}, 1, options, a);
    several += clip.instances > 1;  // a photo here has one
    none += clip.instances == 0;
    const Background background = draw_background(*source_, {64, 48}, 3, options, b);
    if (background.without_object) continue;
    ++with_object;
    smooth += background.smooth;
    camera += background.moves_all;
  }
  EXPECT_LE(several, kClips * 0.3 + 4.2 * std::sqrt(kClips * 0.3 * 0.7));
  EXPECT_GT(several, kClips * 0.2);
  EXPECT_GT(none, kClips * 0.05);
  expect_share(kClips - with_object, 0.2, kClips);
  expect_share(smooth, 0.3, with_object);
  expect_share(camera, 0.3 * 0.4, with_object);
}

TEST_F(ClipOptionsTest, SmoothPathsAreSmoothAndCurvesBendThem) {
  const Size canvas{160, 96};
  const auto accelerations = [&](double smooth, double curve, double camera) {
    ClipOptions options = kPastesOnly;
    options.smooth = smooth, options.curve = curve, options.camera = camera;
    std::vector<double> all;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      Random random(seed);
      for (const Layer& layer : draw(canvas, 8, options, random).pastes)
        for (const double value : accelerations_of(layer)) all.push_back(value);
    }
    std::ranges::sort(all);
    EXPECT_GT(all.size(), 200U);
    return all;
  };
  const auto straight = accelerations(1, 0, 0), curved = accelerations(1, 2, 0), camera = accelerations(1, 1, 1),
             anew = accelerations(0, 0, 0);
  const double trembling = 0.4 * std::sqrt(6.0);  // of differences of differences, in x and in y
  EXPECT_LT(straight.back(), 5 * trembling);
  EXPECT_GT(curved[curved.size() / 2], 1.2 * straight[straight.size() / 2]);
  EXPECT_LT(curved.back(), 5 * (trembling + 2 * 0.05 * canvas.width / 6));
  EXPECT_LT(camera[camera.size() / 2], 12) << "the camera ends at the photo's border at once";
  EXPECT_GT(anew[anew.size() / 2], 30);
}

TEST_F(ClipOptionsTest, PastesMoveWithTheCamera) {
  ClipOptions options = kPastesOnly;
  options.smooth = options.camera = 1;
  double own = 0, left = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const Drawn drawn = draw({160, 96}, 4, options, random);
    EXPECT_TRUE(drawn.background.moves_all);
    for (const Layer& layer : drawn.pastes) {
      // Where the scene shows in the last frame what was in the middle of the layer in the first.
      const auto first = middle_of(layer, 0), last = middle_of(layer, 3);
      const Affine scene = compose(inverse(drawn.background.maps[3]), drawn.background.maps[0]);
      own += std::hypot(last[0] - scene.x(first[0], first[1]), last[1] - scene.y(first[0], first[1]));
      left += std::hypot(last[0] - first[0], last[1] - first[1]);
    }
  }
  EXPECT_LT(own, 0.85 * left) << "objects move less against the scene than in the picture";
}

TEST_F(ClipOptionsTest, WhatLeavesIsAbsentAndWhatReturnsIsTheSame) {
  const Size content{90, 70};
  int absent = 0, back = 0, pastes = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Random random(seed);
    ClipOptions options = draw_options(random);
    options.enter_leave = 1;
    const int frames = 2 + int(seed % 9);
    const Drawn drawn = draw(content, frames, options, random);
    for (const Layer& layer : drawn.pastes) {
      std::vector<bool> seen;
      for (int t = 0; t < frames; ++t) seen.push_back(is_seen(layer, t, content));
      ++pastes;
      EXPECT_TRUE(seen.front() || seen.back()) << "seed " << seed;
      absent += std::ranges::count(seen, false) > 0;
      back += seen.front() && seen.back();
      for (int t = 0; t < frames; ++t)
        for (std::size_t i = 0; !seen[std::size_t(t)] && i < drawn.clip.pixels(); ++i)
          ASSERT_NE(drawn.clip.label(t)[i], layer.id) << "seed " << seed;
    }
  }
  EXPECT_EQ(absent, pastes);
  EXPECT_GT(back, pastes / 6);
  EXPECT_GT(pastes, 300);
}

TEST_F(ClipOptionsTest, OnlyTheShareThatWasAskedForLeaves) {
  int absent = 0, pastes = 0;
  ClipOptions options = kPastesOnly;
  options.enter_leave = 0.4;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Random random(seed);
    for (const Layer& layer : draw({90, 70}, 3, options, random).pastes) {
      ++pastes;
      absent += !is_seen(layer, 0, {90, 70}) || !is_seen(layer, 1, {90, 70}) || !is_seen(layer, 2, {90, 70});
    }
  }
  expect_share(absent, 0.4, pastes);
}

TEST_F(ClipOptionsTest, TheOrderIsReversedAtOneFrame) {
  int changed = 0, partly = 0, own_in_front = 0, paste_in_front = 0;
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    ClipOptions options = kPastesOnly;
    Random a(seed), b(seed);
    const Clip before = draw({90, 70}, 5, options, a).clip;
    options.reorder = 1;
    const Drawn drawn = draw({90, 70}, 5, options, b);  // the order is drawn last
    ASSERT_TRUE(drawn.order);
    int differ = 0;
    for (int t = 0; t < 5; ++t) {
      const bool equal = std::equal(before.label(t), before.label(t) + before.pixels(), drawn.clip.label(t));
      EXPECT_TRUE(equal || drawn.order->is_reversed(t)) << "seed " << seed << " frame " << t;
      differ += !equal;
      const auto is_paste = [&](int id) {
        return std::ranges::any_of(drawn.pastes, [id](const Layer& layer) { return layer.id == id; });
      };
      for (std::size_t i = 0; i < before.pixels(); ++i) {
        const int now = drawn.clip.label(t)[i], then = before.label(t)[i];
        if (now == then || !is_paste(then)) continue;
        ++(is_paste(now) ? paste_in_front : own_in_front);
      }
    }
    changed += differ > 0;
    partly += differ > 0 && differ < 5;
  }
  EXPECT_GT(changed, 40) << "most clips have things that overlap";
  EXPECT_EQ(partly, changed) << "in some frames the order is what it was";
  EXPECT_GT(own_in_front, 1000) << "pixels of the scene's own objects before pastes";
  EXPECT_GT(paste_in_front, 1000) << "pixels of pastes before others";
}

TEST_F(ClipOptionsTest, LightChangesSteadilyWithAppearanceAlone) {
  const auto spread = [](double appearance) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Random random(seed);
      const Light light = Light::draw(appearance, random);
      for (std::size_t c = 0; c < 3; ++c) {
        const double first = std::log(light.at(0, 5)[c]), last = std::log(light.at(4, 5)[c]);
        EXPECT_NEAR(std::log(light.at(1, 5)[c]) - first, (last - first) / 4, 1e-5) << "the same from frame to frame";
        EXPECT_NEAR(light.at(2, 5)[c], 1, 1e-6);
        EXPECT_EQ(light.at(0, 1)[c], 1) << "a clip of one frame";
        sum += (last - first) * (last - first) / 600;
      }
    }
    return std::sqrt(sum);
  };
  EXPECT_EQ(spread(0), 0);
  EXPECT_NEAR(spread(1), std::hypot(0.35, 0.05), 0.08);
  EXPECT_NEAR(spread(0.5), std::hypot(0.35, 0.05) / 2, 0.04);
}

TEST_F(ClipOptionsTest, FeatherSoftensNoMoreThanItsWidth) {
  const Cutout& cutout = source_->cutouts().at(0);
  const Photo& photo = source_->photo(cutout.photo);
  std::array<int, 4> soft{};
  for (int feather = 0; feather <= 3; ++feather)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed);
      Clip clip({97, 63}, 1);
      std::ranges::fill(clip.images, 100);
      const Pose pose{cutout.box.x + cutout.box.width / 2.0, cutout.box.y + cutout.box.height / 2.0,
                      random.uniform(0.5, 1), random.uniform(0.5, 1), random.normal(0.3)};
      const Sight sight{&photo, cutout.id, cutout.box, affine_of(pose, 48, 31)};
      paste(sight, cover_of(sight, clip.content, feather), {1, 1, 1}, feather, 9, clip, 0);
      EXPECT_TRUE(std::ranges::count(clip.labels, 9) > 0);
      for (int y = 0; y < 63; ++y)
        for (int x = 0; x < 97; ++x) {
          const std::size_t i = std::size_t(y * 97 + x);
          const bool changed = clip.images[i] != 100;
          EXPECT_TRUE(!is_inside(clip, 0, x, y, feather + 1) || changed == (clip.labels[i] == 9)) << x << "," << y;
          EXPECT_TRUE(feather < 2 || clip.labels[i] == 9 || clip.images[i] >= 90)
              << "no halo of the photo's black around the instance";
          soft[std::size_t(feather)] += changed && clip.images[i] > 10 && clip.images[i] < 190;
        }
    }
  for (int feather = 1; feather <= 3; ++feather) EXPECT_GT(soft[std::size_t(feather)], soft[std::size_t(feather) - 1]);
}

TEST_F(ClipOptionsTest, LabelsAreAsLargeAsWhatIsDrawn) {
  const Cutout& cutout = source_->cutouts().at(0);
  const Photo& photo = source_->photo(cutout.photo);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const Pose pose{cutout.box.x + cutout.box.width / 2.0, cutout.box.y + cutout.box.height / 2.0,
                    random.uniform(0.4, 3), random.uniform(0.4, 3), random.normal(0.3)};
    const Cover cover = cover_of({&photo, cutout.id, cutout.box, affine_of(pose, 48, 31)}, {97, 63}, 1);
    const double drawn = std::accumulate(cover.shares.begin(), cover.shares.end(), 0.0);
    int labelled = 0;
    for (int y = -1; y < 64; ++y)
      for (int x = -1; x < 98; ++x) labelled += cover.holds(x, y);
    EXPECT_NEAR(labelled, drawn, 0.08 * drawn + 2) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vcl::train
