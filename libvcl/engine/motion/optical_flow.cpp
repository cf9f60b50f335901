// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/motion/optical_flow.hpp"

#include <algorithm>
#include <vector>

#include "libvcl/engine/motion/pyramid.hpp"

namespace vcl {
namespace {

constexpr int kMostLevels = 4, kLeastSide = 8;  // of the pyramid; each level is half as large as the one before
constexpr int kSteps = 3;                       // per level
constexpr int kWindow = 3, kSmoothing = 2;      // radii of the compared window and of the smoothing of steps
constexpr float kNoise = 8;                     // added to squared gradients; weaker texture is ignored

/// Returns the mean over the pixels inside the picture that are at most `radius` away in each direction.
Plane box_mean(const Plane& in, int radius) {
  Plane rows(in.width, in.height), out(in.width, in.height);
  for (int y = 0; y < in.height; ++y) {
    float sum = 0;
    int count = 0;
    for (int x = -radius; x < in.width; ++x) {
      if (x + radius < in.width) sum += in.at(x + radius, y), ++count;
      if (x > radius) sum -= in.at(x - radius - 1, y), --count;
      if (x >= 0) rows.at(x, y) = sum / float(count);
    }
  }
  std::vector<float> sums(std::size_t(in.width));
  int count = 0;
  const auto add = [&](int y, float sign) {
    for (int x = 0; x < in.width; ++x) sums[std::size_t(x)] += sign * rows.at(x, y);
  };
  for (int y = -radius; y < in.height; ++y) {
    if (y + radius < in.height) add(y + radius, 1), ++count;
    if (y > radius) add(y - radius - 1, -1), --count;
    for (int x = 0; y >= 0 && x < in.width; ++x) out.at(x, y) = sums[std::size_t(x)] / float(count);
  }
  return out;
}

void refine(Flow& flow, const Plane& from, const Plane& to) {
  const int width = from.width, height = from.height;
  // Gradients by Scharr's filter, which treats all directions alike.
  const auto slope = [&](int dx, int dy) {
    return filled(width, height, [&, dx, dy](int x, int y) {
      const auto step = [&](int side) {
        return from.nearest(x + dx + side * dy, y + dy + side * dx) -
               from.nearest(x - dx + side * dy, y - dy + side * dx);
      };
      return (3 * step(-1) + 10 * step(0) + 3 * step(1)) / 32;
    });
  };
  const Plane slope_x = slope(1, 0), slope_y = slope(0, 1);
  const auto mean_product = [&](const Plane& a, const Plane& b) {
    return box_mean(filled(width, height, [&](int x, int y) { return a.at(x, y) * b.at(x, y); }), kWindow);
  };
  const Plane xx = mean_product(slope_x, slope_x), xy = mean_product(slope_x, slope_y),
              yy = mean_product(slope_y, slope_y);
  for (int step = 0; step < kSteps; ++step) {
    const Plane change = filled(width, height, [&](int x, int y) {
      return from.at(x, y) - to.between(float(x) + flow.x.at(x, y), float(y) + flow.y.at(x, y));
    });
    const Plane along_x = mean_product(slope_x, change), along_y = mean_product(slope_y, change);
    for (std::size_t i = 0; i < change.values.size(); ++i) {
      const float a = xx.values[i] + kNoise, b = xy.values[i], c = yy.values[i] + kNoise;
      const float determinant = a * c - b * b;
      flow.x.values[i] += (c * along_x.values[i] - b * along_y.values[i]) / determinant;
      flow.y.values[i] += (a * along_y.values[i] - b * along_x.values[i]) / determinant;
    }
    flow = {box_mean(flow.x, kSmoothing), box_mean(flow.y, kSmoothing)};
  }
}

}  // namespace

Flow optical_flow(const Plane& from, const Plane& to) {
  int levels = 1;
  for (int side = std::min(from.width, from.height); levels < kMostLevels && side >= 2 * kLeastSide; side /= 2)
    ++levels;
  const std::vector<Plane> before = pyramid(from, levels), after = pyramid(to, levels);
  Flow flow = {Plane(before.back().width, before.back().height), Plane(before.back().width, before.back().height)};
  for (std::size_t level = before.size(); level-- > 0;) {
    if (level + 1 < before.size()) flow = {doubled(flow.x, before[level]), doubled(flow.y, before[level])};
    refine(flow, before[level], after[level]);
  }
  return flow;
}

}  // namespace vcl
