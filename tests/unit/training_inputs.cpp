// SPDX-License-Identifier: LGPL-2.1-or-later
// What fit trains on beside packs with label files: COCO annotations and labelled videos.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "labelled_video_files.hpp"
#include "training/clips/labelled_videos.hpp"
#include "training/fit/batches.hpp"
#include "training/labels/coco_labels.hpp"
#include "training/photos/error_list.hpp"
#include "training_fixture.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

std::vector<std::string> listed_inputs(const std::string& path) {
  std::vector<std::string> inputs;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) inputs.push_back(nlohmann::json::parse(line).at("input"));
  return inputs;
}

TEST(TrainingInputs, WhatCannotBeUsedIsListedOnce) {
  const TemporaryFolder folder;
  ErrorList errors(folder / "errors.jsonl");
  errors.add("a", "gone");
  errors.add("b", "broken");
  errors.add("a", "gone");
  ErrorList again(folder / "errors.jsonl");
  again.add("b", "broken");
  again.add("c", "broken");
  EXPECT_EQ(listed_inputs(folder / "errors.jsonl"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(again.count(), 3U);
}

/// The left part of a picture, up to the column.
Rle left_of(Size size, int column) {
  Mask mask(size.width, size.height);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < column; ++x) mask.at(x, y) = 1;
  return rle_encode(mask);
}

TEST(TrainingInputs, CocoAnnotationsBecomeLabelsOfAPack) {
  const MadeUpPhotos files(3, 21);
  const SafetensorsFile pack(files.images_path());
  const std::vector<Photo> photos = pack_photos(pack, files.images_path());
  CocoWriter writer(files.path("cuts.json"));
  const auto twice = [](Size size) { return Size{2 * size.width, 2 * size.height}; };
  const Size first = twice(photos[0].size), second = twice(photos[1].size);
  writer.add(photos[0].id, first, std::vector{left_of(first, 20), left_of(first, 40)});
  writer.add("gone", first, std::vector{left_of(first, 8)});
  writer.add(photos[1].id, {second.height, second.width}, std::vector{left_of({second.height, second.width}, 8)});
  writer.add(photos[2].id, photos[2].size, {});
  writer.finish({});
  ErrorList errors(files.path("errors.jsonl"));
  const std::string out = files.path("made.safetensors");
  write_coco_labels(files.path("cuts.json"), files.images_path(), LabelKind::Instances, out, errors);
  EXPECT_EQ(errors.count(), 2U) << "an image that is not there, and one of another shape";

  const LabelledPhotos labelled({files.images_path()}, {out}, LabelKind::Instances);
  ASSERT_EQ(labelled.photos.size(), 1U);
  const Photo& photo = labelled.photos[0];
  for (int y = 0; y < photo.size.height; ++y)
    for (int x = 0; x < photo.size.width; ++x)
      ASSERT_EQ(photo.labels[y * photo.size.width + x], x < 10 ? 1 : x < 20 ? 2 : 0) << "the first owns the overlap";

  const auto written = std::filesystem::last_write_time(out);
  write_coco_labels(files.path("cuts.json"), files.images_path(), LabelKind::Instances, out, errors);
  EXPECT_EQ(std::filesystem::last_write_time(out), written) << "made of the same files: not made again";
  write_coco_labels(files.path("cuts.json"), files.images_path(), LabelKind::Soft, out, errors);
  const LabelledPhotos soft({files.images_path()}, {out}, LabelKind::Soft);
  EXPECT_EQ(soft.photos.at(0).labels[0], 255);
}

TEST(TrainingInputs, AnnotationsOfOtherPhotosAreRefused) {
  const MadeUpPhotos files(2, 22);
  CocoWriter writer(files.path("cuts.json"));
  writer.add("elsewhere.jpg", {20, 10}, std::vector{left_of({20, 10}, 8)});
  writer.finish({});
  ErrorList errors(files.path("errors.jsonl"));
  EXPECT_THROW(write_coco_labels(files.path("cuts.json"), files.images_path(), LabelKind::Instances,
                                 files.path("made.safetensors"), errors),
               Error);
  EXPECT_EQ(listed_inputs(files.path("errors.jsonl")).size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(files.path("made.safetensors")));
}

/// Light where there is an object, as LabelledVideoFiles paints it.
int agreement(const Clip& clip, int frame) {
  int agree = 0, marked = 0;
  for (std::size_t i = 0; i < clip.pixels(); ++i) {
    if (clip.label(frame)[i] == 0) continue;
    ++marked;
    agree += clip.image(frame)[i] > 110;
  }
  return marked == 0 ? 100 : 100 * agree / marked;
}

TEST(TrainingInputs, ClipsOfLabelledVideosShowTheirObjects) {
  const LabelledVideoFiles files(6, 12);
  ErrorList errors(files.path("errors.jsonl"));
  const LabelledVideos videos(files.annotations(), files.folder(), 4096, read_ppm, errors);
  EXPECT_EQ(videos.count(), 6U);
  int with_object = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed), again(seed);
    const Size canvas = videos.draw_canvas(random);
    EXPECT_EQ(videos.draw_canvas(again), canvas);
    const std::vector<Clip> clips{videos.draw(canvas, 3, random), videos.draw(canvas, 3, random)};
    const std::vector<Clip> same{videos.draw(canvas, 3, again), videos.draw(canvas, 3, again)};
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const Clip& clip = clips[i];
      EXPECT_LE(clip.canvas.width * clip.canvas.height, 4096);
      EXPECT_LE(clip.instances, 1) << "crowds are background";
      EXPECT_EQ(clip.canvas, canvas);
      EXPECT_EQ(clip.images, same[i].images);
      EXPECT_EQ(clip.labels, same[i].labels);
      with_object += clip.instances;
      for (int t = 0; t < 3; ++t) EXPECT_GE(agreement(clip, t), 80) << "but for the border";
    }
  }
  EXPECT_GE(with_object, 15);
  EXPECT_EQ(errors.count(), 0U);
}

TEST(TrainingInputs, VideosThatCannotBeReadAreLeftOut) {
  const LabelledVideoFiles files(3, 4);
  std::filesystem::remove(files.frame(0, 2));
  std::ofstream(files.frame(1, 0), std::ios::trunc) << "no picture";
  ErrorList errors(files.path("errors.jsonl"));
  const LabelledVideos videos(files.annotations(), files.folder(), 4096, read_ppm, errors);
  EXPECT_EQ(videos.count(), 2U);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    EXPECT_EQ(videos.draw(videos.draw_canvas(random), 2, random).frames, 2);
  }
  EXPECT_EQ(errors.count(), 2U) << "the video without a file and the frame that is no picture";
  for (int video : {1, 2})
    for (int frame = 0; frame < 4; ++frame) std::ofstream(files.frame(video, frame), std::ios::trunc) << "none";
  Random random(1);
  EXPECT_THROW(videos.draw(videos.draw_canvas(random), 2, random), Error) << "nothing is left";
  for (int video : {1, 2}) std::filesystem::remove(files.frame(video, 0));
  EXPECT_THROW(LabelledVideos(files.annotations(), files.folder(), 4096, read_ppm, errors), Error);
}

/// The mean column of what is marked.
double object_x(const Clip& clip, int frame) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < clip.pixels(); ++i) {
    const bool marked = clip.label(frame)[i] != 0;
    sum += marked ? double(i % std::size_t(clip.canvas.width)) : 0;
    count += marked;
  }
  return sum / count;
}

TEST(TrainingInputs, ATwentiethOfTheVideosIsHeldOut) {
  const LabelledVideoFiles files(20, 2);
  ErrorList errors(files.path("errors.jsonl"));
  const LabelledVideos videos(files.annotations(), files.folder(), 4096, read_ppm, errors);
  EXPECT_EQ(videos.count(), 19U);
  const std::vector<Clip> clips = videos.held_out(3, 2);
  ASSERT_EQ(clips.size(), 3U);
  for (const Clip& clip : clips) {
    EXPECT_EQ(clip.instances, 1);
    EXPECT_GT(object_x(clip, 1), object_x(clip, 0) + 12) << "half a video in between, a quarter of the width";
  }
}

TEST(TrainingInputs, TheLargestObjectsAreKept) {
  Clip clip({8, 4}, 1);
  const std::string rows = "11111000222222223333000000000044";
  for (std::size_t i = 0; i < rows.size(); ++i) clip.labels[i] = std::uint8_t(rows[i] - '0');
  clip.instances = 4;
  keep_largest(clip, 2);
  EXPECT_EQ(clip.instances, 2);
  const std::string kept = "22222000111111110000000000000000";
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(clip.labels[i], kept[i] - '0');
}

}  // namespace
}  // namespace vcl::train
