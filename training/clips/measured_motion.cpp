// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/measured_motion.hpp"

#include "libvcl/engine/motion/motion_planes.hpp"

namespace vcl::train {
namespace {

Plane lightness(const Clip& clip, int frame) {
  Plane plane(clip.content.width, clip.content.height);
  const std::uint8_t* rgb = clip.image(frame);
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x) {
      const std::size_t i = std::size_t(y) * clip.canvas.width + x;
      plane.at(x, y) = 0.299F * rgb[i] + 0.587F * rgb[clip.pixels() + i] + 0.114F * rgb[2 * clip.pixels() + i];
    }
  return plane;
}

}  // namespace

void measure_motion(Clip& clip, const Clip& filmed, int first, std::span<const int> neighbours,
                    const std::function<bool(int, std::size_t)>& absent) {
  std::vector<Plane> light;
  for (int k = 0; k < filmed.frames; ++k) light.push_back(lightness(filmed, k));
  const std::size_t values = kMotionPlanes * clip.pixels();
  clip.motion.assign(std::size_t(clip.frames) * neighbours.size() * values, 0);
  float* planes = clip.motion.data();
  for (int t = 0; t < clip.frames; ++t)
    for (std::size_t n = 0; n < neighbours.size(); ++n, planes += values)
      if (!absent(t, n))
        motion_planes(light[std::size_t(t - first)], light[std::size_t(t + neighbours[n] - first)], clip.canvas,
                      planes);
}

}  // namespace vcl::train
