// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/refinement/color_refinement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace {

using vcl::ColorRefinement;
using vcl::Letterbox;

constexpr float kPadding = 7;  // logits outside of the frame: not to be touched

struct Scene {
  Letterbox box;
  std::vector<float> planes;  // the frame's RGB, and noise where it does not lie
  std::vector<bool> object, decoy;
  std::vector<float> logits;  // coarse ones of the object

  std::size_t at(int x, int y) const { return std::size_t(y) * box.canvas.width + x; }
  template <typename Visit>
  void each_pixel(const Visit& visit) const {
    for (int y = 0; y < box.content.height; ++y)
      for (int x = 0; x < box.content.width; ++x) visit(x, y, at(x, y));
  }
  double iou() const {
    double both = 0, either = 0;
    each_pixel([&](int, int, std::size_t i) {
      both += object[i] && logits[i] > 0;
      either += object[i] || logits[i] > 0;
    });
    return both / either;
  }
};

/// An ellipse before a background of other colours, with noise; another one, far away, looks the same. The logits are
/// those of a mask at an eighth of the size, with the wrong place and extent.
Scene random_scene(std::mt19937& random) {
  const auto uniform = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  Scene scene;
  scene.box = {{320, 200}, {152 - int(uniform(0, 9)), 90 - int(uniform(0, 9))}, {160, 96}};
  const std::size_t plane = 160 * 96;
  scene.planes.resize(3 * plane);
  scene.object.resize(plane);
  scene.decoy.resize(plane);
  scene.logits.assign(plane, kPadding);
  for (float& value : scene.planes) value = float(uniform(0, 255));
  const double rx = uniform(14, 24), ry = uniform(14, 20), cx = uniform(30, 50), cy = uniform(30, 50),
               hue = uniform(0, 6);
  const auto inside = [&](double x, double y, double factor) {
    return std::hypot((x - cx) / rx, (y - cy) / ry) < factor;
  };
  scene.each_pixel([&](int x, int y, std::size_t i) {
    scene.object[i] = inside(x, y, 1);
    scene.decoy[i] = inside(x - 75, y, 1);
    const bool alike = scene.object[i] || scene.decoy[i];
    for (std::size_t c = 0; c < 3; ++c)
      scene.planes[c * plane + i] = float(128 + 50 * std::sin(hue + 2.1 * double(c) + (alike ? 0 : 3)) +
                                          (alike ? 0 : 20 * std::sin(x * 0.1)) + uniform(-12, 12));
    const double coarse_x = x / 8 * 8 + 4, coarse_y = y / 8 * 8 + 4;
    const double distance = std::hypot((coarse_x - cx - 2) / rx, (coarse_y - cy + 2) / ry);
    scene.logits[i] = float(std::clamp(8 * (1 - distance), -9.0, 5.0));
  });
  return scene;
}

void refine(Scene& scene) {
  ColorRefinement(scene.planes.data(), scene.box).refine(scene.logits.data());
}

TEST(ColorRefinement, CoarseMasksReachTheEdgesOfTheFrame) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    Scene scene = random_scene(random);
    const double before = scene.iou();
    ASSERT_LT(before, 0.88) << round;
    refine(scene);
    EXPECT_GT(scene.iou(), 0.96) << round << ", before " << before;
  }
}

TEST(ColorRefinement, WhatIsSurelyBackgroundStaysSo) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    Scene scene = random_scene(random);
    refine(scene);
    scene.each_pixel([&](int, int, std::size_t i) {
      if (scene.decoy[i]) {
        ASSERT_LT(scene.logits[i], 0) << round;
      }
    });
  }
}

TEST(ColorRefinement, PaddingIsNeitherReadNorWritten) {
  std::mt19937 random(3);
  Scene scene = random_scene(random), other = scene;
  std::vector<bool> in_frame(scene.logits.size());
  scene.each_pixel([&](int, int, std::size_t i) { in_frame[i] = true; });
  for (std::size_t i = 0; i < other.planes.size(); ++i)
    if (!in_frame[i % in_frame.size()]) other.planes[i] = std::numeric_limits<float>::quiet_NaN();
  refine(scene);
  refine(other);
  EXPECT_EQ(scene.logits, other.logits);
  for (std::size_t i = 0; i < in_frame.size(); ++i)
    if (!in_frame[i]) {
      ASSERT_EQ(scene.logits[i], kPadding);
    }
}

TEST(ColorRefinement, WithoutColorsMasksStayAboutTheSame) {
  std::mt19937 random(4);
  Scene scene = random_scene(random);
  std::ranges::fill(scene.planes, 90.0f);
  const std::vector<float> before = scene.logits;
  refine(scene);
  int changed = 0, object = 0;
  scene.each_pixel([&](int, int, std::size_t i) {
    object += before[i] > 0;
    changed += (before[i] > 0) != (scene.logits[i] > 0);
  });
  EXPECT_LT(changed, 0.15 * object);
}

TEST(ColorRefinement, MasksThatNoColorsCanBeFittedToStay) {
  std::mt19937 random(5);
  const Scene scene = random_scene(random);
  for (const float everywhere : {-20.0f, -3.0e38f, -std::numeric_limits<float>::infinity(), 20.0f, 3.0e38f}) {
    Scene flat = scene;
    flat.each_pixel([&](int, int, std::size_t i) { flat.logits[i] = everywhere; });
    const std::vector<float> before = flat.logits;
    refine(flat);
    EXPECT_EQ(flat.logits, before) << everywhere;
  }
}

TEST(ColorRefinement, BadNumbersAndTinyFramesDoNoHarm) {
  std::mt19937 random(6);
  Scene scene = random_scene(random);
  for (std::size_t i = 0; i < scene.logits.size(); i += 3) scene.logits[i] = std::numeric_limits<float>::quiet_NaN();
  refine(scene);
  scene.each_pixel([&](int, int, std::size_t i) {
    if (scene.object[i] && i % 3 != 0) {
      EXPECT_FALSE(std::isnan(scene.logits[i]));
    }
  });
  for (const vcl::Size content : {vcl::Size{1, 1}, vcl::Size{1, 96}, vcl::Size{160, 1}, vcl::Size{2, 3}}) {
    Scene tiny = random_scene(random);
    tiny.box.content = content;
    refine(tiny);
    tiny.each_pixel([&](int, int, std::size_t i) { EXPECT_TRUE(std::isfinite(tiny.logits[i])); });
  }
}

}  // namespace
