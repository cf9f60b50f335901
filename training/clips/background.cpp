// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/background.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "training/clips/motion.hpp"
#include "training/clips/photo_view.hpp"

namespace vcl::train {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr Speed kSpread{0.03, 0.02, 0.015, 1 * kDegree};  // of speeds, relative to the sides of the content
constexpr double kCameraSpeed = 2;                        // factor if the camera moves everything

/// Rotation may uncover areas outside of the photo; they are reflected.
Pose draw_pose(const Photo& photo, Size content, double least_zoom, double most_zoom, const Reach& reach,
               Random& random) {
  const double fill = fill_scale(photo, content);
  const double zoom = random.log_uniform(least_zoom, most_zoom), aspect = std::exp(random.normal(0.08));
  Pose pose;
  pose.scale_x = fill / zoom * std::min(1.0, aspect) * (random.chance(0.5) ? -1 : 1);
  pose.scale_y = fill / zoom * std::min(1.0, 1 / aspect);
  pose.angle = random.uniform(-8, 8) * kDegree;
  pose.centre_x = random.uniform(0, photo.size.width);
  pose.centre_y = random.uniform(0, photo.size.height);
  clamp_into(pose, photo, content, reach);
  return pose;
}

/// Returns the share of the box that a view shows, without rotation.
double shown(const Box& box, const Pose& pose, Size content) {
  const auto overlap = [](double start, double length, double centre, double extent) {
    return std::max(0.0, std::min(start + length, centre + extent / 2) - std::max(start, centre - extent / 2)) / length;
  };
  return overlap(box.x, box.width, pose.centre_x, std::abs(pose.scale_x) * content.width) *
         overlap(box.y, box.height, pose.centre_y, pose.scale_y * content.height);
}

/// Draws a view framed as a cameraman would: four views in five show most of the objects. The view is as near as the
/// photo or nearer; in `kFar` of the views it is as far as the reflected border allows.
Pose draw_framed(const Photo& photo, const Box& objects, Size content, Random& random) {
  constexpr double kFar = 0.5, kLeastZoom = 0.45, kMostZoom = 1.6, kWellFramed = 0.75;
  const Reach reach = reach_of(photo, objects);
  const double fill = fill_scale(photo, content);
  const double farthest = std::max({kLeastZoom, fill * content.width / (photo.size.width + reach.left + reach.right),
                                    fill * content.height / (photo.size.height + reach.top + reach.bottom)});
  const bool far = farthest < 1 && random.chance(kFar);
  const auto draw = [&] { return draw_pose(photo, content, far ? farthest : 1, far ? 1 : kMostZoom, reach, random); };
  Pose best = draw();
  if (objects.width == 0 || random.chance(0.2)) return best;
  for (int attempt = 0; attempt < 6 && shown(objects, best, content) < kWellFramed; ++attempt) {
    const Pose other = draw();
    if (shown(objects, other, content) > shown(objects, best, content)) best = other;
  }
  return best;
}

bool shows_object(const Photo& photo, const Affine& map, Size content) {
  constexpr int kStep = 4;
  for (int y = 0; y < content.height; y += kStep)
    for (int x = 0; x < content.width; x += kStep)
      if (sample_label(photo.labels, photo.size, map, x, y, true) != 0) return true;
  return false;
}

/// Draws an enlarged part of a photo that shows no instance.
std::optional<std::pair<const Photo*, Pose>> draw_scene(const ClipSource& source, Size content, Random& random) {
  for (int attempt = 0; attempt < 24; ++attempt) {
    const Photo& photo = source.draw_photo(random);
    const Pose pose = draw_pose(photo, content, 1.3, 3.0, {}, random);
    if (!shows_object(photo, view_map(pose, content), content)) return std::pair{&photo, pose};
  }
  return std::nullopt;
}

Motion draw_motion(const Pose& start, Size content, bool moves_all, double curve, int frames, Random& random) {
  const double times = moves_all ? kCameraSpeed : 1;
  const Speed spread{times * kSpread.x * content.width * std::abs(start.scale_x),
                     times * kSpread.y * content.height * start.scale_y, times * kSpread.growth, times * kSpread.spin};
  Motion motion;
  motion.speed.x = random.normal(spread.x);
  motion.speed.y = random.normal(spread.y);
  motion.speed.growth = random.normal(spread.growth);
  motion.speed.spin = random.normal(spread.spin);
  bend(motion, spread, curve, frames, random);
  return motion;
}

Pose moved_on(const Pose& start, const Speed& gone) {
  const double size = std::exp(gone.growth);
  return {start.centre_x + gone.x, start.centre_y + gone.y, start.scale_x * size, start.scale_y * size,
          start.angle + gone.spin};
}

}  // namespace

Background draw_background(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                           Random& random) {
  Background background;
  background.smooth = random.chance(options.smooth);
  const auto scene = random.chance(options.without_object) ? draw_scene(source, content, random) : std::nullopt;
  const Photo& photo = scene ? *scene->first : source.draw_photo(random);
  const Box& objects = source.objects(photo);
  const Reach reach = reach_of(photo, objects);
  const Pose start = scene ? scene->second : draw_framed(photo, objects, content, random);
  background.photo = &photo;
  background.objects = objects;
  background.without_object = scene.has_value();
  background.smooth = background.smooth || scene;
  background.moves_all = background.smooth && random.happens(options.camera);
  const Motion motion = draw_motion(start, content, background.moves_all, options.curve, frames, random);
  for (int t = 0; t < frames; ++t) {
    Pose pose = moved_on(start, motion.at(t));
    if (!background.smooth && t > 0) {
      pose = draw_framed(photo, objects, content, random);
      pose.scale_x = std::copysign(pose.scale_x, start.scale_x);  // a clip is mirrored as a whole
    }
    pose.centre_x += random.normal(0.4) * std::abs(pose.scale_x);
    pose.centre_y += random.normal(0.4) * pose.scale_y;
    clamp_into(pose, photo, content, reach);
    background.maps.push_back(view_map(pose, content));
  }
  return background;
}

}  // namespace vcl::train
