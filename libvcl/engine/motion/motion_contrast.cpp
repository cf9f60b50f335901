// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/motion/motion_contrast.hpp"

#include <algorithm>
#include <cmath>

#include "libvcl/engine/motion/scene_motion.hpp"

namespace vcl {
namespace {

constexpr int kApart = 2;           // pixels between samples of the scene fit
constexpr float kStill = 0.05f;     // pixels: slower motion is noise
constexpr float kMostContrast = 4;  // so that a few fast pixels do not dominate a mean

}  // namespace

Plane motion_contrast(const Flow& flow) {
  const SceneMotion scene = fit_scene(flow, kApart);
  Plane contrast(flow.x.width, flow.x.height);
  double sum = 0;
  for (int y = 0; y < contrast.height; ++y)
    for (int x = 0; x < contrast.width; ++x) {
      const auto [right, down] = scene.residual(flow, x, y);
      sum += contrast.at(x, y) = float(std::hypot(right, down)) + kStill;
    }
  const float mean = float(sum / double(contrast.values.size()));
  for (float& value : contrast.values) value = std::min(value / mean, kMostContrast);
  return contrast;
}

}  // namespace vcl
