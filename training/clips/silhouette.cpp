// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "training/clips/sprite.hpp"

namespace vcl::train {
namespace {

constexpr int kSide = 96;    // of the raster on which outlines are drawn
constexpr int kLeast = 120;  // minimum number of pixels of an outline
constexpr std::size_t kAngles = 64;

using Raster = std::array<std::uint8_t, std::size_t(kSide) * kSide>;

struct Point {
  double x, y;
};

/// A closed curve around a point in polar coordinates, flattened and rotated.
struct Lobe {
  Point middle;
  double size, flat, angle;
  std::array<double, kAngles> radius;  // relative to `size`

  static Lobe draw(Point middle, Random& random) {
    Lobe lobe{middle, random.uniform(7.5, 20), random.uniform(0.4, 1), random.uniform(0, std::numbers::pi), {}};
    lobe.radius.fill(1);
    const int waves = 3 + int(random.below(5));
    for (int wave = 1; wave < waves; ++wave) {
      const double height = random.normal(0.5 / (wave + 1)), phase = random.uniform(0, 2 * std::numbers::pi);
      for (std::size_t i = 0; i < kAngles; ++i)
        lobe.radius[i] += height * std::cos(wave * 2 * std::numbers::pi * double(i) / kAngles + phase);
    }
    for (double& r : lobe.radius) r = std::clamp(r, 0.25, 2.0);
    return lobe;
  }

  bool holds(double x, double y) const {
    const double dx = x - middle.x, dy = y - middle.y, c = std::cos(angle), s = std::sin(angle);
    const double along = (dx * c + dy * s) / size, across = (dy * c - dx * s) / (size * flat);
    const double square = along * along + across * across;
    if (square >= 4) return false;
    const double turns = std::atan2(across, along) / (2 * std::numbers::pi) + 1;
    const double r = radius[std::size_t(turns * kAngles + 0.5) % kAngles];
    return square < r * r;
  }

  Point rim(Random& random) const {
    const std::size_t i = random.below(kAngles);
    const double turn = 2 * std::numbers::pi * double(i) / kAngles, c = std::cos(angle), s = std::sin(angle);
    const double along = radius[i] * std::cos(turn) * size, across = radius[i] * std::sin(turn) * size * flat;
    return {middle.x + along * c - across * s, middle.y + along * s + across * c};
  }
};

template <typename Holds>
void fill(Raster& raster, Holds holds) {
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      if (holds(x + 0.5, y + 0.5)) raster[std::size_t(y) * kSide + x] = 1;
}

void draw_limb(Raster& raster, Point from, Random& random) {
  const Point way{random.normal(20), random.normal(20)};
  const double length = std::max(1e-6, way.x * way.x + way.y * way.y), thick = random.uniform(1.2, 3.5);
  fill(raster, [&](double x, double y) {
    const double dx = x - from.x, dy = y - from.y, at = std::clamp((dx * way.x + dy * way.y) / length, 0.0, 1.0);
    return std::hypot(dx - at * way.x, dy - at * way.y) < thick;
  });
}

Silhouette cropped(const Raster& raster) {
  int left = kSide, top = kSide, right = -1, bottom = -1;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      if (raster[std::size_t(y) * kSide + x] != 0)
        left = std::min(left, x), right = std::max(right, x), top = std::min(top, y), bottom = y;
  Silhouette shape{{right - left + 1, bottom - top + 1}, {}};
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) shape.inside.push_back(raster[std::size_t(y) * kSide + x]);
  return shape;
}

}  // namespace

Silhouette Silhouette::draw(Random& random) {
  while (true) {
    Raster raster{};
    constexpr int kLobes[] = {1, 1, 2, 2, 3, 4};
    Lobe lobe = Lobe::draw({kSide / 2.0, kSide / 2.0}, random);
    for (int more = kLobes[random.below(std::size(kLobes))];;) {
      fill(raster, [&](double x, double y) { return lobe.holds(x, y); });
      if (--more == 0) break;
      const Point joint = lobe.rim(random);
      lobe = Lobe::draw({std::clamp(joint.x, 15.0, kSide - 15.0), std::clamp(joint.y, 15.0, kSide - 15.0)}, random);
    }
    if (random.chance(0.5))
      for (std::size_t limbs = 1 + random.below(4); limbs > 0; --limbs) draw_limb(raster, lobe.rim(random), random);
    if (std::ranges::count(raster, 1) >= kLeast) return cropped(raster);
  }
}

}  // namespace vcl::train
