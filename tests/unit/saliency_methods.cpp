// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <random>
#include <vector>

#include "saliency_scenes.hpp"
#include "training/saliency/background_detection.hpp"
#include "training/saliency/barrier_distance.hpp"
#include "training/saliency/cholesky.hpp"
#include "training/saliency/manifold_ranking.hpp"
#include "training/saliency/superpixels.hpp"

namespace vcl::saliency {
namespace {

cv::Mat3f to_lab(const cv::Mat3b& rgb) {
  cv::Mat3f lab;
  rgb.convertTo(lab, CV_32F, 1 / 255.0);
  cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
  return lab;
}

/// How often a random object pixel is more salient than a random background pixel.
double ranking_quality(const cv::Mat1f& map, const cv::Mat1b& object, std::mt19937& random) {
  std::vector<float> inside;
  std::vector<float> outside;
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) (object(y, x) ? inside : outside).push_back(map(y, x));
  }
  double won = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const float a = inside[random() % inside.size()];
    const float b = outside[random() % outside.size()];
    won += a > b ? 1 : a == b ? 0.5 : 0;
  }
  return won / kDraws;
}

TEST(Cholesky, InverseFactorGivesTheInverse) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> value(-1, 0);
  for (const int n : {1, 2, 7, 60, 301}) {
    cv::Mat1d a(n, n, 0.0);  // a graph's Laplacian, two links in three missing, plus some diagonal
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) a(i, j) = a(j, i) = random() % 3 ? 0 : value(random);
    }
    for (int i = 0; i < n; ++i) a(i, i) = 0.1 - cv::sum(a.row(i))[0];
    const cv::Mat1d factor = inverse_cholesky_factor(a);
    const cv::Mat1d product = factor.t() * factor * a;
    // Condition number below 20 n / 0.1: far above double rounding, far below any real mistake.
    EXPECT_LT(cv::norm(product - cv::Mat1d::eye(n, n), cv::NORM_INF), 1e-9) << n;
  }
}

TEST(Superpixels, ArePartitionWithConsistentMeasures) {
  std::mt19937 random(2);
  for (const cv::Size size : {cv::Size(160, 120), cv::Size(97, 193), cv::Size(16, 16), cv::Size(300, 17)}) {
    const Superpixels regions = make_superpixels(to_lab(random_scene(random, size).rgb), 150);
    ASSERT_GT(regions.count, 0);
    ASSERT_EQ(regions.labels.size(), size);
    std::vector<int> area(regions.count);
    for (const int label : regions.labels) {
      ASSERT_GE(label, 0);
      ASSERT_LT(label, regions.count);
      ++area[label];
    }
    for (int region = 0; region < regions.count; ++region) {
      EXPECT_GT(area[region], 0) << "an empty region";
      cv::Mat parts;
      EXPECT_EQ(cv::connectedComponents(regions.labels == region, parts, 8), 2) << "a torn region";
      EXPECT_GT(regions.centre[region].x, 0);
      EXPECT_LT(regions.centre[region].y, 1);
      EXPECT_EQ(regions.adjacent(region, region), 0);
    }
    EXPECT_EQ(cv::norm(regions.adjacent, regions.adjacent.t(), cv::NORM_INF), 0);
    EXPECT_TRUE(regions.sides[regions.labels(0, 0)] & Superpixels::Top);
    EXPECT_TRUE(regions.sides[regions.labels(size.height - 1, size.width - 1)] & Superpixels::Right);
  }
}

TEST(Superpixels, TwoHopGraphIsTheSquareOfTheAdjacencyPlusTheBorder) {
  std::mt19937 random(3);
  const Superpixels regions = make_superpixels(to_lab(random_scene(random).rgb), 80);
  const cv::Mat1b graph = two_hop_graph(regions);
  const cv::Mat1f adjacent(regions.adjacent);
  const cv::Mat1f paths = adjacent * adjacent + adjacent;
  for (int a = 0; a < regions.count; ++a) {
    for (int b = 0; b < regions.count; ++b) {
      const bool linked = paths(a, b) > 0 || (regions.sides[a] && regions.sides[b]);
      ASSERT_EQ(graph(a, b), a != b && linked) << a << " " << b;
    }
  }
}

TEST(Methods, RankTheObjectAboveTheBackground) {
  std::mt19937 random(4);
  for (int i = 0; i < 8; ++i) {
    const Scene scene = random_scene(random);
    const cv::Mat3f lab = to_lab(scene.rgb);
    const Superpixels regions = make_superpixels(lab, 150);
    // A clear object; what is missing to 1 are the superpixels and blurred pixels along its outline.
    EXPECT_GT(ranking_quality(paint(regions, background_detection(regions)), scene.object, random), 0.95) << i;
    EXPECT_GT(ranking_quality(paint(regions, manifold_ranking(regions)), scene.object, random), 0.95) << i;
    EXPECT_GT(ranking_quality(barrier_distance(lab), scene.object, random), 0.95) << i;
  }
}

TEST(Methods, StayFiniteWithoutAnyContrast) {
  const cv::Mat3f lab = to_lab(cv::Mat3b(60, 80, cv::Vec3b(90, 120, 30)));
  const Superpixels regions = make_superpixels(lab, 150);
  for (const cv::Mat1f& values : {background_detection(regions), manifold_ranking(regions), barrier_distance(lab)})
    EXPECT_TRUE(cv::checkRange(values));
}

TEST(BarrierDistance, IsZeroAlongTheBorderOfAFlatPhotoAndHighInsideARing) {
  cv::Mat3b rgb(100, 100, cv::Vec3b(128, 128, 128));
  cv::circle(rgb, {50, 50}, 30, cv::Scalar(255, 255, 255), 6);
  const cv::Mat1f map = barrier_distance(to_lab(rgb));
  EXPECT_LT(map(5, 5), 0.05 * map(50, 50));  // the inside has the border's colour but lies behind a barrier
}

}  // namespace
}  // namespace vcl::saliency
