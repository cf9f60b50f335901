// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/photo_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vcl::train {
namespace {

/// Returns `centre`, clamped so that the extent around it lies within [-before, length + after], or centered there if
/// it does not fit.
double clamp_centre(double centre, double extent, double length, double before, double after) {
  const double least = extent / 2 - before, most = length + after - extent / 2;
  return least < most ? std::clamp(centre, least, most) : (least + most) / 2;
}

}  // namespace

Reach reach_of(const Photo& photo, const Box& objects) {
  if (objects.width == 0) return {};
  return {double(objects.x), double(objects.y), double(photo.size.width - objects.x - objects.width),
          double(photo.size.height - objects.y - objects.height)};
}

void clamp_into(Pose& pose, const Photo& photo, Size content, const Reach& reach) {
  pose.centre_x =
      clamp_centre(pose.centre_x, std::abs(pose.scale_x) * content.width, photo.size.width, reach.left, reach.right);
  pose.centre_y =
      clamp_centre(pose.centre_y, pose.scale_y * content.height, photo.size.height, reach.top, reach.bottom);
}

double fill_scale(const Photo& photo, Size content) {
  return std::min(double(photo.size.width) / content.width, double(photo.size.height) / content.height);
}

Affine view_map(const Pose& pose, Size content) {
  return affine_of(pose, content.width / 2.0, content.height / 2.0);
}

void draw_frame(const Photo& photo, const Affine& map, Clip& clip, int frame, bool soft) {
  const int samples = samples_for(map);
  for (int y = 0; y < clip.content.height; ++y)
    for (int x = 0; x < clip.content.width; ++x) {
      const std::size_t i = std::size_t(y) * clip.canvas.width + x;
      std::array<float, 3> rgb;
      sample_area<3>(photo.rgb, photo.size, map, x, y, samples, rgb.data());
      for (int c = 0; c < 3; ++c) clip.image(frame)[c * clip.pixels() + i] = std::uint8_t(rgb[c] + 0.5F);
      if (soft) {
        float target;
        sample_area<1>(photo.labels, photo.size, map, x, y, samples, &target);
        clip.label(frame)[i] = std::uint8_t(target + 0.5F);
      } else {
        clip.label(frame)[i] = sample_label(photo.labels, photo.size, map, x, y, true);
      }
    }
}

}  // namespace vcl::train
