// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole runs of vcl-train fit: killed, on a full disk, with other settings, with weights that are no numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>

#include "fit_process.hpp"
#include "labelled_video_files.hpp"
#include "training_fixture.hpp"
#include "vcl/coco.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {
namespace {

using namespace std::string_literals;
using Arguments = std::vector<std::string>;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Arguments on_photos(const MadeUpPhotos& photos, const std::string& out, const Arguments& more) {
  Arguments all{
      "--images", photos.images_path(), "--labels", photos.labels_path(), "--out", photos.path(out), "--batch",
      "1",        "--canvas",           "2048",     "--precision",        "fp32",  "--device",       "cpu"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

int run(const Arguments& arguments, const std::string& messages) {
  return FitProcess(arguments, messages).wait();
}

TEST(TrainingRuns, KilledAndResumedTheyAreTheSameRun) {
  const MadeUpPhotos photos(30, 31);
  const LabelledVideoFiles videos(3, 4);
  const std::string messages = photos.path("messages");
  const auto arguments = [&](const std::string& out, const std::string& workers) {
    Arguments more{"--stage", "video", "--frames", "2", "--accumulate", "2", "--steps", "50", "--workers", workers};
#ifdef VCL_HAVE_OPENCV  // which reads the videos' frames
    for (const std::string& argument : {"--videos"s, videos.annotations(), "--video-frames"s, videos.folder()})
      more.push_back(argument);
#endif
    return on_photos(photos, out, more);
  };
  ASSERT_EQ(run(arguments("whole", "1"), messages), 0);
  const std::string parts = photos.path("parts");
  {
    FitProcess first(arguments("parts", "3"), messages);
    wait_for_losses(first, parts, 1);
    ASSERT_EQ(first.stop(SIGTERM), 0) << "asked to stop, it leaves a checkpoint and a model";
  }
  EXPECT_LT(loss_curve(parts).size(), 5U) << "it was to be stopped before its end";
  EXPECT_TRUE(std::filesystem::exists(parts + "/model.safetensors"));
  {
    FitProcess second(arguments("parts", "2"), messages);
    wait_for_losses(second, parts, 2);
    EXPECT_EQ(second.stop(SIGKILL), -SIGKILL) << "it was to be killed before its end";
  }
  ASSERT_EQ(run(arguments("parts", "2"), messages), 0);
  ASSERT_EQ(loss_curve(photos.path("whole")).size(), 5U);
  EXPECT_EQ(loss_curve(photos.path("whole")), loss_curve(parts));
  EXPECT_TRUE(read_file(photos.path("whole/model.safetensors")) == read_file(parts + "/model.safetensors"));
}

TEST(TrainingRuns, OtherSettingsAreRefusedByName) {
  const MadeUpPhotos photos(20, 32);
  const auto arguments = [&](const Arguments& more) {
    Arguments all = on_photos(photos, "out", {"--stage", "image"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  ASSERT_EQ(run(arguments({"--steps", "1"}), photos.path("messages")), 0);
  const std::string settings = read_file(photos.path("out/settings.json"));
  const std::map<std::string, Arguments> others{
      {"seed", {"--seed", "2"}}, {"accumulate", {"--accumulate", "2"}}, {"schedule", {"--schedule", "constant"}}};
  for (const auto& [key, other] : others) {
    Arguments more{"--steps", "2"};
    more.insert(more.end(), other.begin(), other.end());
    FitProcess process(arguments(more), photos.path("messages"));
    EXPECT_EQ(process.wait(), 1) << key;
    EXPECT_NE(process.messages().find("made with another " + key), std::string::npos) << process.messages();
  }
  EXPECT_EQ(read_file(photos.path("out/settings.json")), settings) << "what is refused changes nothing";
}

TEST(TrainingRuns, AFullDiskLosesNothing) {
  const MadeUpPhotos photos(20, 33);
  const auto arguments = [&](const std::string& out, const std::string& steps) {
    return on_photos(photos, out, {"--stage", "image", "--schedule", "constant", "--steps", steps});
  };
  ASSERT_EQ(run(arguments("out", "1"), photos.path("messages")), 0);
  const std::string path = photos.path("out/checkpoint.safetensors"), checkpoint = read_file(path);
  {
    FitProcess process(arguments("out", "2"), photos.path("messages"), checkpoint.size() / 2);
    EXPECT_EQ(process.wait(), 1);
    EXPECT_NE(process.messages().find(path), std::string::npos) << process.messages();
  }
  EXPECT_TRUE(read_file(path) == checkpoint) << "the old one stays";
  for (const auto& entry : std::filesystem::directory_iterator(photos.path("out")))
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
  ASSERT_EQ(run(arguments("out", "2"), photos.path("messages")), 0);
  ASSERT_EQ(run(arguments("whole", "2"), photos.path("messages")), 0);
  EXPECT_TRUE(read_file(photos.path("out/model.safetensors")) == read_file(photos.path("whole/model.safetensors")))
      << "as if there had been room";
}

TEST(TrainingRuns, UpdatesThatAreNoNumbersAreSkippedAndCounted) {
  const MadeUpPhotos photos(20, 34);
  ASSERT_EQ(run(on_photos(photos, "start", {"--stage", "image", "--steps", "1"}), photos.path("messages")), 0);
  const SafetensorsFile start(photos.path("start/model.safetensors"));
  std::map<std::string, TensorView> tensors = start.tensors();
  TensorView& bias = tensors.at("sem_seg_head.pixel_decoder.mask_features.bias");
  std::vector<std::byte> broken(bias.bytes.begin(), bias.bytes.end());
  const float too_much = std::numeric_limits<float>::max();  // the loss overflows
  std::memcpy(broken.data(), &too_much, sizeof too_much);
  bias.bytes = broken;
  write_safetensors(photos.path("broken.safetensors"), tensors, start.metadata());

  FitProcess process(
      on_photos(photos, "out", {"--stage", "image", "--init", photos.path("broken.safetensors"), "--steps", "3"}),
      photos.path("messages"));
  EXPECT_EQ(process.wait(), 0);
  EXPECT_NE(process.messages().find("3 steps, 3 skipped"), std::string::npos) << process.messages();
  const SafetensorsFile after(photos.path("out/model.safetensors"));
  for (const std::string name : {"sem_seg_head.predictor.query_feat.weight", "backbone.stem.conv1.weight"}) {
    const auto before = start.at(name).bytes, now = after.at(name).bytes;
    EXPECT_TRUE(std::equal(before.begin(), before.end(), now.begin(), now.end())) << name << " was to stay as it was";
  }
}

#ifdef VCL_HAVE_OPENCV
TEST(TrainingRuns, LabelledVideosAreLearned) {
  const LabelledVideoFiles videos(2, 3);
  ASSERT_EQ(run({"--stage",        "video",
                 "--videos",       videos.annotations(),
                 "--video-frames", videos.folder(),
                 "--out",          videos.path("out"),
                 "--batch",        "2",
                 "--frames",       "2",
                 "--canvas",       "4096",
                 "--steps",        "60",
                 "--schedule",     "constant",
                 "--lr",           "2e-3",
                 "--warm-up",      "10",
                 "--precision",    "fp32",
                 "--device",       "cpu"},
                videos.path("messages")),
            0);
  const std::vector<double> curve = loss_curve(videos.path("out"));
  ASSERT_EQ(curve.size(), 6U);
  EXPECT_LT(curve.back(), 0.7 * curve.front());
}

TEST(TrainingRuns, FoldersOfPhotosWithCocoAnnotations) {
  const LabelledVideoFiles pictures(2, 3);
  CocoWriter writer(pictures.path("cuts.json"));
  Mask left(LabelledVideoFiles::kWidth, LabelledVideoFiles::kHeight);
  for (int y = 0; y < left.height; ++y)
    for (int x = 0; x < 40; ++x) left.at(x, y) = 1;
  for (const char* name : {"0-0.ppm", "0-1.ppm", "0-2.ppm", "1-0.ppm", "1-1.ppm", "gone.ppm"})
    writer.add(name, {left.width, left.height}, std::vector{rle_encode(left)});
  writer.finish({});
  std::ofstream(pictures.frame(1, 1), std::ios::trunc) << "no picture";
  const Arguments arguments{"--stage",  "image",
                            "--images", pictures.folder(),
                            "--labels", pictures.path("cuts.json"),
                            "--out",    pictures.path("out"),
                            "--batch",  "1",
                            "--canvas", "2048",
                            "--steps",  "1",
                            "--device", "cpu"};
  FitProcess process(arguments, pictures.path("messages"));
  ASSERT_EQ(process.wait(), 0) << process.messages();
  std::map<std::string, int> listed;
  std::ifstream errors(pictures.path("out/errors.jsonl"));
  for (std::string line; std::getline(errors, line);) {
    const std::string input = nlohmann::json::parse(line).at("input");
    ++listed[input.substr(input.find_last_of("/ ") + 1)];
  }
  EXPECT_EQ(listed, (std::map<std::string, int>{{"1-1.ppm", 2}, {"gone.ppm", 1}}))
      << "a photo that cannot be decoded, the annotation of it and one that points nowhere";
}
#endif

}  // namespace
}  // namespace vcl::train
