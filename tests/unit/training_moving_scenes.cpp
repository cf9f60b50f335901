// SPDX-License-Identifier: LGPL-2.1-or-later
// Clips in which a camera moves and things move for themselves: what is labelled is what happens.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "training/clips/blocking.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/clips/moving_scene.hpp"
#include "training_fixture.hpp"

namespace vcl::train {
namespace {

constexpr int kNeighbours[] = {-1, 1};
constexpr Size kCanvas{96, 64};

class MovingScenes : public ::testing::Test {
 protected:
  MovingScene draw(std::uint64_t seed) const {
    Random random(seed);
    return draw_moving_scene(source_, kCanvas, 3, {}, random);
  }
  Clip clip(std::uint64_t seed, double blanked = 0, std::span<const int> neighbours = kNeighbours,
            double padded = 0) const {
    Random random(seed);
    return make_clip(source_, kCanvas, 3, {.padded = padded, .moving = 1, .blanked = blanked}, random, neighbours);
  }

  MadeUpPhotos files_{40, 7};
  LabelledPhotos photos_{{files_.images_path()}, {files_.labels_path()}, LabelKind::Instances};
  ClipSource source_{photos_.photos, photos_.training};
};

TEST_F(MovingScenes, NothingMovesBeforeAStillCameraWithoutThings) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    MovingScene scene = draw(seed);
    scene.things.clear();
    scene.camera = {};
    scene.camera.content = kCanvas;
    scene.restless = {};
    Clip clip(kCanvas, 2);
    const auto moves = film(scene, 0, kNeighbours, clip, 0);
    EXPECT_EQ(moves, film(scene, 1, kNeighbours, clip, 1));
    EXPECT_TRUE(std::equal(clip.image(0), clip.image(1), clip.image(1)));
    for (std::size_t i = 0; i < clip.pixels(); ++i) ASSERT_EQ(moves[i], clip.label(0)[i] == 0 ? kStays : kUnknown);
  }
}

TEST_F(MovingScenes, WhatMovesIsWhereMoversAreSeen) {
  int moving = 0, standing = 0, still = 0, near = 0;
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    const MovingScene scene = draw(seed);
    std::map<std::uint8_t, const Thing*> things;
    for (const Thing& thing : scene.things)
      if (thing.label != 0 && thing.label != kUnlabelled) {
        EXPECT_TRUE(things.emplace(thing.label, &thing).second);
      }
    for (const double time : {-1.0, 0.0, 1.0}) {
      Clip clip(kCanvas, 1);
      const std::vector<std::uint8_t> moves = film(scene, time, kNeighbours, clip, 0);
      std::set<const Thing*> seen;
      for (std::size_t i = 0; i < clip.pixels(); ++i) {
        const std::uint8_t label = clip.label(0)[i];
        const Thing* thing = things.contains(label) ? things.at(label) : nullptr;
        if (thing) seen.insert(thing);
        std::uint8_t expected = label == 0 || label == kUnlabelled ? kStays : kUnknown;
        if (thing && thing->role == Thing::Role::Still) expected = kStays;
        if (thing && thing->moves(time, kNeighbours)) expected = kMoves;
        ASSERT_EQ(moves[i], expected) << "seed " << seed << " label " << int(label);
      }
      for (const Thing* thing : seen) {
        still += thing->role == Thing::Role::Still;
        (thing->moves(time, kNeighbours) ? moving : standing) += thing->role == Thing::Role::Mover;
      }
    }
    near += int(std::ranges::count(scene.things, Thing::Role::Near, &Thing::role));
  }
  for (const int count : {moving, standing, still, near}) EXPECT_GT(count, 5);
}

TEST_F(MovingScenes, MoversMoveAgainstTheSceneAndOnlyWhileTheyDo) {
  int movers = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const MovingScene scene = draw(seed);
    for (const Thing& thing : scene.things) {
      if (thing.role != Thing::Role::Mover) continue;
      ++movers;
      Thing standing = thing;
      standing.from = standing.until = 0;
      const auto middle = [&](const Thing& of, double time) {
        const Affine place = of.place(scene.camera, time);
        const double x = of.sprite.size.width / 2.0, y = of.sprite.size.height / 2.0;
        return Vector{float(place.x(x, y)), float(place.y(x, y))};
      };
      for (const double time : {-2.0, -1.0, 0.5, 2.0}) {
        const Vector a = middle(thing, time), b = middle(standing, time);
        const double gone = std::hypot(a.x - b.x, a.y - b.y);
        EXPECT_NEAR(gone, std::abs(thing.clock(time)) * std::hypot(thing.speed_x, thing.speed_y), 1e-3);
        EXPECT_EQ(thing.clock(time + 1) != thing.clock(time), thing.moves(time, std::array{1}));
      }
      EXPECT_GT(std::abs(thing.speed_x) + std::abs(thing.speed_y), 0.3) << "too slow for any flow";
    }
  }
  EXPECT_GT(movers, 90);
}

TEST_F(MovingScenes, AStillThingStaysOnItsPlaceOfTheScene) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const MovingScene scene = draw(seed);
    Thing thing;
    thing.role = Thing::Role::Still;
    thing.sprite.size = {8, 8};
    thing.x = 50, thing.y = 30;
    for (const double time : {-2.0, 0.0, 1.5}) {
      const Affine place = thing.place(scene.camera, time);
      const double x = place.x(4, 4), y = place.y(4, 4), taken = scene.camera.row_time(time, y);
      const Affine back = inverse(scene.camera.view(taken));
      const double u = back.x(x, y), v = back.y(x, y), share = scene.camera.parallax(u, v);
      const Vector gone = scene.camera.shift(taken);
      // Where depth bends, the way back takes the depth of the place that is seen: an error of the second order.
      const double off = std::hypot(u - share * gone.x - thing.x, v - share * gone.y - thing.y);
      EXPECT_LT(off, 0.5 + 0.15 * std::hypot(gone.x, gone.y)) << "seed " << seed << " time " << time;
    }
  }
}

TEST_F(MovingScenes, CamerasAreStillAsOftenAsPlanned) {
  int still = 0;
  constexpr int kDraws = 600;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    Random random(seed, 1, 2);
    still += Camera::draw(kCanvas, 1, random).speed() == 0;
  }
  EXPECT_NEAR(still, 0.22 * kDraws, 4 * std::sqrt(0.22 * 0.78 * kDraws));
}

std::vector<float> measured(const Clip& clip, int frame, int neighbour) {
  const auto light = [&](int t) {
    Plane plane(clip.content.width, clip.content.height);
    for (int y = 0; y < plane.height; ++y)
      for (int x = 0; x < plane.width; ++x) {
        const std::uint8_t* pixel = clip.image(t) + y * clip.canvas.width + x;
        plane.at(x, y) = 0.299F * pixel[0] + 0.587F * pixel[clip.pixels()] + 0.114F * pixel[2 * clip.pixels()];
      }
    return plane;
  };
  std::vector<float> planes(kMotionPlanes * clip.pixels());
  motion_planes(light(frame), light(neighbour), clip.canvas, planes.data());
  return planes;
}

TEST_F(MovingScenes, MotionIsMeasuredOnTheFramesOrAbsent) {
  int known = 0, absent = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Clip clip = this->clip(seed, 0, kNeighbours, 0.3);
    const std::size_t values = kMotionPlanes * clip.pixels();
    ASSERT_EQ(clip.motion.size(), 3 * 2 * values);
    ASSERT_EQ(clip.moves.size(), 3 * clip.pixels());
    EXPECT_TRUE(std::ranges::all_of(clip.motion, [](float value) { return std::abs(value) <= 3; }));  // false for NaN
    for (std::size_t n = 0; n < 2; ++n) {
      const auto first = clip.motion.begin() + std::ptrdiff_t((2 + n) * values);  // of the middle frame
      const std::vector<float> planes(first, first + std::ptrdiff_t(values));
      const bool none = std::ranges::all_of(planes, [](float value) { return value == 0; });
      (none ? absent : known) += 1;
      if (!none && seed < 20) {
        EXPECT_EQ(planes, measured(clip, 1, n == 0 ? 0 : 2)) << "seed " << seed;
      }
    }
    const bool nothing = std::ranges::all_of(clip.motion, [](float value) { return value == 0; });
    if (nothing) {
      EXPECT_EQ(std::ranges::count(clip.moves, kMoves), 0) << "nobody can see it";
    }
    for (std::size_t p = 0; p < clip.motion.size(); ++p) {
      const int x = int(p % std::size_t(kCanvas.width)), y = int(p / std::size_t(kCanvas.width)) % kCanvas.height;
      if (x >= clip.content.width || y >= clip.content.height) {
        ASSERT_EQ(clip.motion[p], 0);
      }
    }
  }
  EXPECT_GT(known, 60);
  EXPECT_GT(absent, 4);  // 120 samples, a sixth of them
}

TEST_F(MovingScenes, SameSeedSameClipWhateverIsMeasured) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Clip first = clip(seed), second = clip(seed), unmeasured = clip(seed, 0, {});
    EXPECT_EQ(first.images, second.images);
    EXPECT_EQ(first.labels, second.labels);
    EXPECT_EQ(first.moves, second.moves);
    EXPECT_EQ(first.motion, second.motion);
    EXPECT_TRUE(unmeasured.motion.empty());
    EXPECT_EQ(unmeasured.moves.size(), 3 * unmeasured.pixels());
    EXPECT_NE(first.images, clip(seed + 1000).images);
  }
}

TEST_F(MovingScenes, ObjectsAreNumberedAndWhatIsLeftIsUnlabelled) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Clip clip = this->clip(seed);
    std::array<int, 256> area{};
    for (const std::uint8_t label : clip.labels) ++area[label];
    for (int id = 1; id < kUnlabelled; ++id) EXPECT_EQ(area[std::size_t(id)] >= kLeastPixels, id <= clip.instances);
  }
}

TEST_F(MovingScenes, BlankedClipsShowNothingAndLabelOnlyWhatMoves) {
  int blank = 0, objects = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Clip seen = clip(seed), blanked = clip(seed, 1);
    EXPECT_EQ(seen.motion, blanked.motion);
    EXPECT_EQ(seen.moves, blanked.moves);
    if (seen.images == blanked.images) {
      EXPECT_TRUE(std::ranges::all_of(seen.motion, [](float value) { return value == 0; }));
      continue;
    }
    ++blank;
    EXPECT_EQ(std::set<std::uint8_t>(blanked.images.begin(), blanked.images.end()).size(), 3U);
    objects += blanked.instances;
    EXPECT_LE(blanked.instances, seen.instances);
    for (std::size_t i = 0; i < seen.labels.size(); ++i)
      if (seen.moves[i] == kMoves && seen.labels[i] != 0) {
        EXPECT_NE(blanked.labels[i], kUnlabelled);
      }
  }
  EXPECT_GT(blank, 20);
  EXPECT_GT(objects, 15);
}

TEST_F(MovingScenes, OtherClipsAreWhatTheyWere) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random a(seed), b(seed);
    const Clip plain = make_clip(source_, kCanvas, 3, {}, a);
    const Clip other = make_clip(source_, kCanvas, 3, {.blanked = 1}, b, kNeighbours);
    EXPECT_EQ(plain.images, other.images);
    EXPECT_EQ(plain.labels, other.labels);
    EXPECT_TRUE(other.moves.empty());
    EXPECT_TRUE(other.motion.empty());
    EXPECT_EQ(a.next(), b.next()) << "as many numbers are drawn";
  }
}

TEST(ClipParts, FieldsAreSmoothAndBounded) {
  Random random(5);
  for (int cells = 1; cells < 8; ++cells) {
    const Field field = Field::draw(2, cells, random);
    for (int k = 0; k < 300; ++k) {
      const float u = float(random.uniform(-0.2, 1.2)), v = float(random.uniform(-0.2, 1.2)), step = 1e-3F;
      const Vector a = field.at(u, v), b = field.at(u + step, v), c = field.at(u, v + step);
      for (const Vector& way : {a, b, c}) EXPECT_LE(std::max(std::abs(way.x), std::abs(way.y)), field.most());
      // A cell's slope is 1.5 times that of a straight line between two entries.
      const float steepest = 1.5F * 2 * field.most() * float(cells) * step * 1.01F + 1e-5F;
      EXPECT_LE(std::hypot(a.x - b.x, a.y - b.y), 1.5F * steepest);
      EXPECT_LE(std::hypot(a.x - c.x, a.y - c.y), 1.5F * steepest);
    }
  }
  EXPECT_EQ(Field().at(0.3F, 0.3F).x, 0);
  EXPECT_EQ(Field().most(), 0);
}

TEST(ClipParts, OutlinesAreCropped) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Silhouette shape = Silhouette::draw(random);
    ASSERT_EQ(shape.inside.size(), std::size_t(shape.size.width) * shape.size.height);
    bool left = false, right = false, top = false, bottom = false;
    for (int y = 0; y < shape.size.height; ++y)
      for (int x = 0; x < shape.size.width; ++x) {
        const bool inside = shape.inside[std::size_t(y) * shape.size.width + x] != 0;
        left |= inside && x == 0, right |= inside && x == shape.size.width - 1;
        top |= inside && y == 0, bottom |= inside && y == shape.size.height - 1;
      }
    EXPECT_TRUE(left && right && top && bottom) << "seed " << seed;
  }
}

TEST(ClipParts, CompressionLosesLittleWithSmallStepsAndFineDetailFirst) {
  Random random(3);
  for (const int side : {4, 8}) {
    Clip noise({36, 20}, 1);
    noise.content = {33, 19};
    for (std::uint8_t& value : noise.images) value = std::uint8_t(60 + random.below(100));
    const auto difference = [&](float step) {
      Clip clip = noise;
      compress(clip, 0, side, step);
      double sum = 0;
      for (std::size_t i = 0; i < clip.images.size(); ++i) {
        const bool inside = int(i % 36) < 33 && int(i % clip.pixels()) / 36 < 19;
        if (!inside) {
          EXPECT_EQ(clip.images[i], noise.images[i]);
        }
        sum += std::abs(clip.images[i] - noise.images[i]);
      }
      return sum / (3 * 33 * 19);
    };
    EXPECT_LT(difference(0.01F), 0.1);
    EXPECT_GT(difference(40), 5);
    EXPECT_LT(difference(4), difference(40));
    Clip flat({16, 16}, 1);
    std::ranges::fill(flat.images, std::uint8_t(77));
    compress(flat, 0, side, 8);
    EXPECT_EQ(std::set<std::uint8_t>(flat.images.begin(), flat.images.end()).size(), 1U) << "blocks without detail";
    EXPECT_NEAR(flat.images[0], 77, 2);
  }
}

}  // namespace
}  // namespace vcl::train
