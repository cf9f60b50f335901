// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "training/clips/paper_clips.hpp"
#include "training/clips/paste.hpp"
#include "training/labels/regions.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

class TrainingClips : public ::testing::Test {
 protected:
  MadeUpPhotos files_{40, 7};
  LabelledPhotos photos_{{files_.images_path()}, {files_.labels_path()}, LabelKind::Instances};
  ClipSource source_{photos_.photos, photos_.training};
};

TEST_F(TrainingClips, HeldOutPhotosAreNeverTrainedOn) {
  std::set<std::size_t> training(photos_.training.begin(), photos_.training.end());
  EXPECT_EQ(photos_.held_out.size(), 2U);  // a twentieth of 40
  for (const std::size_t index : photos_.held_out) EXPECT_FALSE(training.contains(index));
  EXPECT_EQ(training.size() + photos_.held_out.size(), 40U);
  const LabelledPhotos soft({files_.images_path()}, {files_.labels_path()}, LabelKind::Soft);
  EXPECT_EQ(soft.held_out, photos_.held_out) << "stages with other labels must hold out the same photos";
}

TEST_F(TrainingClips, SameSeedSameClip) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random a(seed, 3, 4), b(seed, 3, 4), c(seed, 3, 5);
    const Clip first = make_clip(source_, {96, 64}, 3, {}, a), second = make_clip(source_, {96, 64}, 3, {}, b);
    EXPECT_EQ(first.images, second.images);
    EXPECT_EQ(first.labels, second.labels);
    EXPECT_NE(first.images, make_clip(source_, {96, 64}, 3, {}, c).images);
  }
}

TEST_F(TrainingClips, ObjectsAreNumberedAndNoneIsASpeck) {
  int objects = 0, empty = 0;
  constexpr int kClips = 200;
  for (std::uint64_t seed = 0; seed < kClips; ++seed) {
    Random random(seed);
    const Clip clip = make_clip(source_, {96, 64}, 3, {}, random);
    std::vector<int> area(256);
    for (const std::uint8_t id : clip.labels) ++area[id];
    for (int id = 1; id < 256; ++id) EXPECT_EQ(area[id] >= 12, id <= clip.instances) << "seed " << seed << " id " << id;
    objects += clip.instances;
    empty += clip.instances == 0;
  }
  EXPECT_GT(objects, kClips);  // four clips in ten have two or three pastes
  EXPECT_GT(empty, 0);         // a tenth shows no object; 0 of 200 has probability 7e-10
  EXPECT_LT(empty, kClips / 2);
}

TEST_F(TrainingClips, PaperClipsExchangeObjectsAndStayOneAndTheSame) {
  int more = 0;
  for (const PasteMode mode : {PasteMode::Corrected, PasteMode::Reference})
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      Random a(seed), b(seed);
      const auto clips = make_paper_clips(source_, {96, 64}, 3, mode, a);
      const auto again = make_paper_clips(source_, {96, 64}, 3, mode, b);
      for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(clips[i].images, again[i].images);
        EXPECT_EQ(clips[i].labels, again[i].labels);
        EXPECT_LE(*std::ranges::max_element(clips[i].labels), clips[i].instances);
      }
      more += clips[0].instances > 1 || clips[1].instances > 1;  // a photo here has one
    }
  EXPECT_GT(more, 0);
}

TEST_F(TrainingClips, PaddingIsMeanColourAndBackground) {
  int padded = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const Clip clip = make_clip(source_, {96, 64}, 2, {}, random);
    padded += !(clip.content == clip.canvas);
    for (int t = 0; t < 2; ++t)
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 96; ++x) {
          if (x < clip.content.width && y < clip.content.height) continue;
          ASSERT_EQ(clip.label(t)[y * 96 + x], 0);
          ASSERT_EQ(clip.image(t)[y * 96 + x], 124);
        }
  }
  EXPECT_GT(padded, 0);
}

TEST_F(TrainingClips, PasteChangesOnlyTheObjectAndItsFeather) {
  Random random(11);
  const Cutout& cutout = source_.cutouts().at(0);
  const Photo& photo = source_.photo(cutout.photo);
  for (int round = 0; round < 50; ++round) {
    Clip clip(Size{96, 64}, 1);
    for (std::uint8_t& byte : clip.images) byte = std::uint8_t(random.below(256));
    const Clip before = clip;
    Pose pose{cutout.box.x + cutout.box.width / 2.0, cutout.box.y + cutout.box.height / 2.0, random.uniform(0.5, 2),
              random.uniform(0.5, 2), random.normal(0.3)};
    const double x0 = random.uniform(0, 96), y0 = random.uniform(0, 64);
    const Sight sight{&photo, cutout.id, cutout.box, affine_of(pose, x0, y0)};
    const Cover cover = cover_of(sight, clip.content, 1);
    paste(sight, cover, {1, 1, 1}, 1, 9, clip, 0);
    std::size_t labelled = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 96; ++x) {
        labelled += clip.label(0)[y * 96 + x] == 9;
        EXPECT_EQ(clip.label(0)[y * 96 + x] == 9, cover.holds(x, y));
        bool near =
            false;  // coverage of under half a pixel reaches one pixel further than the label, the feather one more
        for (int j = std::max(0, y - 2); j <= std::min(63, y + 2); ++j)
          for (int i = std::max(0, x - 2); i <= std::min(95, x + 2); ++i) near |= clip.label(0)[j * 96 + i] == 9;
        if (near || x < 2 || y < 2 || x > 93 || y > 61) continue;
        for (int c = 0; c < 3; ++c)
          ASSERT_EQ(clip.image(0)[c * 6144 + y * 96 + x], before.image(0)[c * 6144 + y * 96 + x]) << x << "," << y;
      }
    EXPECT_GT(labelled, 0U);
  }
}

TEST_F(TrainingClips, LabelsFollowThePhoto) {
  // The discs are far brighter than their ground, so labels and colours must agree in every clip without paste.
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    const Clip clip = make_clip(source_, {96, 64}, 1, {.without_paste = 1, .without_object = 0, .padded = 0}, random);
    double sum[2] = {}, count[2] = {};
    for (std::size_t i = 0; i < clip.pixels(); ++i) {
      sum[clip.label(0)[i] != 0] += clip.image(0)[i];
      ++count[clip.label(0)[i] != 0];
    }
    if (count[1] < 50) continue;
    EXPECT_GT(sum[1] / count[1], sum[0] / count[0] + 60) << "seed " << seed;
  }
}

TEST(TrainingPhotos, LabelsOfAnotherPackAreRefused) {
  const MadeUpPhotos a(8, 1), b(8, 2);  // same ids, other sizes
  EXPECT_THROW(LabelledPhotos({a.images_path()}, {b.labels_path()}, LabelKind::Soft), Error);
  EXPECT_THROW(LabelledPhotos({a.labels_path()}, {a.labels_path()}, LabelKind::Soft), Error);
}

TEST(TrainingRegions, ComponentsAgreeWithUnionFind) {
  Random random(5);
  for (int round = 0; round < 50; ++round) {
    Mask mask(1 + int(random.below(20)), 1 + int(random.below(20)));
    for (auto& pixel : mask.pixels) pixel = random.chance(0.5);
    std::vector<int> parent(mask.pixels.size());
    for (std::size_t i = 0; i < parent.size(); ++i) parent[i] = int(i);
    const std::function<int(int)> root = [&](int i) { return parent[i] == i ? i : parent[i] = root(parent[i]); };
    for (int y = 0; y < mask.height; ++y)
      for (int x = 0; x < mask.width; ++x) {
        if (x > 0 && mask.at(x, y) && mask.at(x - 1, y))
          parent[root(y * mask.width + x)] = root(y * mask.width + x - 1);
        if (y > 0 && mask.at(x, y) && mask.at(x, y - 1))
          parent[root(y * mask.width + x)] = root((y - 1) * mask.width + x);
      }
    std::set<int> roots;
    for (std::size_t i = 0; i < parent.size(); ++i)
      if (mask.pixels[i]) roots.insert(root(int(i)));
    const auto found = components(mask);
    EXPECT_EQ(found.size(), roots.size());
    std::uint64_t last = ~std::uint64_t(0);
    for (const Component& component : found) {
      EXPECT_LE(component.area, last);
      last = component.area;
      std::set<int> own;
      for (std::size_t i = 0; i < parent.size(); ++i)
        if (component.mask.pixels[i]) own.insert(root(int(i)));
      EXPECT_EQ(own.size(), 1U);
    }
  }
}

TEST(TrainingRegions, OpeningRemovesThinPartsAndHolesFill) {
  Mask mask(12, 12);
  for (int y = 2; y < 9; ++y)
    for (int x = 2; x < 9; ++x) mask.at(x, y) = 1;
  mask.at(5, 5) = 0;
  mask.at(10, 5) = 1;
  const Mask filled = fill_holes(mask, 1);
  EXPECT_EQ(filled.at(5, 5), 1);
  EXPECT_EQ(fill_holes(mask, 0).at(5, 5), 0);
  const Mask opened = open3x3(filled);
  EXPECT_EQ(opened.at(10, 5), 0);
  EXPECT_EQ(opened.at(2, 2), 1);
  EXPECT_NEAR(iou(opened, filled), 49.0 / 50, 1e-12);
}

}  // namespace
}  // namespace vcl::train
