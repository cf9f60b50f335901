// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/motion/motion_planes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "libvcl/engine/motion/inverse_search.hpp"
#include "libvcl/engine/motion/scene_motion.hpp"

namespace vcl {
namespace {

constexpr int kApart = 4;             // pixels between samples of the scene fit
constexpr float kMost = 3;            // largest magnitude of a plane's value
constexpr float kLeastScale = 0.5f;   // pixels: slower motion is noise
constexpr float kErrorUnit = 30;      // of 255
constexpr double kUnexplained = 0.6;  // relative to the contrast of the frame
constexpr double kNoise = 3;          // of 255: differences between frames of one color

float limited(double value) {
  return std::clamp(float(value), -kMost, kMost);
}

/// Returns the neighbor's picture, fetched along the flow from the frame to it.
Plane fetched(const Plane& neighbour, const Flow& flow) {
  Plane picture(neighbour.width, neighbour.height);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      picture.at(x, y) = neighbour.between(float(x) + flow.x.at(x, y), float(y) + flow.y.at(x, y));
  return picture;
}

/// Returns the mean absolute difference of two pictures.
double mean_difference(const Plane& a, const Plane& b) {
  const double sum = std::transform_reduce(a.values.begin(), a.values.end(), b.values.begin(), 0.0, std::plus<>{},
                                           [](float p, float q) { return std::abs(p - q); });
  return sum / double(a.values.size());
}

double contrast_of(const Plane& picture) {
  const double mean = std::reduce(picture.values.begin(), picture.values.end(), 0.0) / double(picture.values.size());
  Plane even(picture.width, picture.height);
  std::ranges::fill(even.values, float(mean));
  return mean_difference(picture, even);
}

bool explains(const Plane& fetched, const Plane& frame) {
  return mean_difference(fetched, frame) <= kUnexplained * contrast_of(frame) + kNoise;
}

double scale_of(const std::vector<std::array<double, 2>>& motion) {
  std::vector<double> speeds;
  speeds.reserve(motion.size());
  for (const auto& [right, down] : motion) speeds.push_back(std::hypot(right, down));
  const auto fast = speeds.begin() + std::ptrdiff_t(0.95 * double(speeds.size() - 1));
  std::nth_element(speeds.begin(), fast, speeds.end());
  return std::max<double>(kLeastScale, *fast);
}

}  // namespace

bool neighbour_explains(const Plane& frame, const Plane& neighbour) {
  return explains(fetched(neighbour, inverse_search(frame, neighbour)), frame);
}

bool motion_planes(const Plane& frame, const Plane& neighbour, Size canvas, float* planes) {
  const std::size_t pixels = std::size_t(canvas.width) * canvas.height;
  std::fill_n(planes, kMotionPlanes * pixels, 0.0f);
  const Flow flow = inverse_search(frame, neighbour);
  const Plane seen = fetched(neighbour, flow);
  if (!explains(seen, frame)) return false;

  const SceneMotion scene = fit_scene(flow, kApart);
  std::vector<std::array<double, 2>> motion;
  motion.reserve(frame.values.size());
  for (int y = 0; y < frame.height; ++y)
    for (int x = 0; x < frame.width; ++x) motion.push_back(scene.residual(flow, x, y));
  const double scale = scale_of(motion), log_scale = std::log(scale) / 2;
  for (int y = 0; y < frame.height; ++y)
    for (int x = 0; x < frame.width; ++x) {
      const auto& [right, down] = motion[std::size_t(y) * frame.width + x];
      const double values[kMotionPlanes] = {right / scale,
                                            down / scale,
                                            flow.x.at(x, y) / kFlowUnit,
                                            flow.y.at(x, y) / kFlowUnit,
                                            std::abs(seen.at(x, y) - frame.at(x, y)) / kErrorUnit,
                                            log_scale,
                                            1};
      for (std::size_t k = 0; k < kMotionPlanes; ++k)
        planes[k * pixels + std::size_t(y) * canvas.width + x] = limited(values[k]);
    }
  return true;
}

}  // namespace vcl
