// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <thread>
#include <vector>

#include "saliency_scenes.hpp"
#include "temporary_folder.hpp"
#include "training/saliency/contact_sheet.hpp"
#include "training/saliency/saliency.hpp"
#include "vcl/error.hpp"

namespace vcl::saliency {
namespace {

namespace fs = std::filesystem;

TEST(SaliencyLabel, FindsAClearObjectAndTrustsIt) {
  std::mt19937 random(5);
  for (int i = 0; i < 12; ++i) {
    const Scene scene = random_scene(random);
    const SaliencyLabel label = saliency_label(scene.rgb);
    ASSERT_EQ(label.soft.size(), scene.rgb.size());
    EXPECT_GT(mask_iou((label.soft > 127) & 1, scene.object), 0.85) << i;  // the outline is soft by a pixel or two
    EXPECT_GT(label.weight, 0.7F) << i;
  }
}

TEST(SaliencyLabel, IsTheSameInEveryThreadAndRun) {
  std::mt19937 random(6);
  const Scene scene = random_scene(random);
  const SaliencyLabel first = saliency_label(scene.rgb);
  std::vector<SaliencyLabel> labels(4);
  {
    std::vector<std::jthread> threads;
    for (SaliencyLabel& label : labels) threads.emplace_back([&] { label = saliency_label(scene.rgb); });
  }
  for (const SaliencyLabel& label : labels) {
    EXPECT_EQ(cv::norm(label.soft, first.soft, cv::NORM_INF), 0);
    EXPECT_EQ(label.weight, first.weight);
  }
}

TEST(SaliencyLabel, MirroredPhotoGivesMirroredObject) {
  std::mt19937 random(7);
  const Scene scene = random_scene(random);
  cv::Mat3b mirrored;
  cv::flip(scene.rgb, mirrored, 1);
  cv::Mat1b back;
  cv::flip(saliency_label(mirrored).soft, back, 1);
  // Superpixels and raster scans are not exactly symmetric.
  EXPECT_GT(mask_iou((back > 127) & 1, (saliency_label(scene.rgb).soft > 127) & 1), 0.9);
}

TEST(SaliencyLabel, TakesDegeneratePhotos) {
  std::mt19937 random(8);
  cv::Mat3b noise(64, 64);
  for (cv::Vec3b& pixel : noise) pixel = cv::Vec3b(random() % 256, random() % 256, random() % 256);
  cv::Mat3b halves(64, 64, cv::Vec3b(0, 0, 0));
  halves.colRange(32, 64).setTo(cv::Scalar(255, 255, 255));
  for (const cv::Mat3b& rgb : {noise, halves, cv::Mat3b(64, 64, cv::Vec3b(7, 7, 7)), cv::Mat3b(16, 16, cv::Vec3b()),
                               cv::Mat3b(16, 300, cv::Vec3b(9, 0, 0))}) {
    const SaliencyLabel label = saliency_label(rgb);
    EXPECT_EQ(label.soft.size(), rgb.size());
    EXPECT_GE(label.weight, 0);
    EXPECT_LE(label.weight, 1);
  }
  EXPECT_EQ(saliency_label(cv::Mat3b(64, 64, cv::Vec3b(7, 7, 7))).weight, 0) << "nothing to see, nothing to learn";
  EXPECT_THROW(saliency_label(cv::Mat3b(15, 200, cv::Vec3b())), Error);
}

TEST(SaliencyMaps, AreThreeDifferentMapsWithoutHoles) {
  std::mt19937 random(12);
  const SaliencyMaps saliency = saliency_maps(random_scene(random).rgb);
  for (const cv::Mat1f& map : saliency.maps) {
    EXPECT_TRUE(cv::checkRange(map));
    double low = 0;
    double high = 0;
    cv::minMaxLoc(map, &low, &high);
    EXPECT_NEAR(low, 0, 1e-6);  // float rounding
    EXPECT_NEAR(high, 1, 1e-6);
  }
  for (int i = 0; i < 3; ++i) EXPECT_GT(cv::norm(saliency.maps[i], saliency.maps[(i + 1) % 3], cv::NORM_INF), 0.01);
}

TEST(ContactSheet, ReplacesAnEarlierOneAtOnce) {
  const TemporaryFolder folder;
  const std::string sheet = folder / "sheet.png", earlier = folder / "earlier.png";
  std::ofstream(sheet) << "earlier";
  fs::create_hard_link(sheet, earlier);  // shows what is written into the earlier file itself
  train::write_contact_sheet(sheet, {{cv::Mat3b(8, 8, cv::Vec3b()), cv::Mat1b(8, 8, uchar(0)), 1}});
  EXPECT_FALSE(cv::imread(sheet).empty());
  EXPECT_EQ(fs::file_size(earlier), 7);
  EXPECT_THROW(train::write_contact_sheet(folder / "sheet.none", {}), Error);
  EXPECT_FALSE(fs::exists(folder / "sheet.none"));
}

TEST(SaliencyLabel, ReachesTheMeasuredQualityOnEcssd) {
  const fs::path folder = fs::path(VCL_PROJECT_ROOT) / "../shared/data/tokencut-ecssd";
  if (!fs::exists(folder)) GTEST_SKIP() << "the ECSSD photos (../shared/data/tokencut-ecssd) are not here";
  double saliency_iou = 0;
  double grabcut_iou = 0;
  int photos = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".jpg") continue;
    cv::Mat3b rgb = cv::imread(entry.path().string());
    cv::cvtColor(rgb, rgb, cv::COLOR_BGR2RGB);
    const double scale = 200.0 / std::max(rgb.rows, rgb.cols);
    cv::resize(rgb, rgb, {}, scale, scale, cv::INTER_AREA);
    const std::string truth = (folder / entry.path().stem()).string() + "_gt.png";
    cv::Mat1b object = cv::imread(truth, cv::IMREAD_GRAYSCALE) > 0;
    const cv::Mat1f map = saliency_maps(rgb).mean;
    cv::Mat1f full;
    cv::resize(map, full, object.size());
    saliency_iou += mask_iou(otsu_mask(full), object & 1);
    cv::resize(cv::Mat1f(grabcut_mask(rgb, map)), full, object.size());
    grabcut_iou += mask_iou((full > 0.5) & 1, object & 1);
    ++photos;
  }
  ASSERT_GT(photos, 0);
  std::printf("ECSSD, %d photos: mean IoU of saliency %.3f, with GrabCut %.3f\n", photos, saliency_iou / photos,
              grabcut_iou / photos);
  // Measured 0.665 and 0.679 (method.md 9); 0.03 is about the standard error over these photos.
  EXPECT_GT(saliency_iou / photos, 0.635);
  EXPECT_GT(grabcut_iou / photos, 0.649);
}

}  // namespace
}  // namespace vcl::saliency
