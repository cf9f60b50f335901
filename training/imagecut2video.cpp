// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/imagecut2video.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace vcl::train {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kCoveredTooMuch = 0.5;  // of an object in frame 0: the paste is placed again
constexpr int kPlacements = 8;

/// Poses over time: at constant speed, or drawn anew in each frame as the paper does.
struct Motion {
  Pose start;
  double speed_x = 0, speed_y = 0, growth = 1, spin = 0;

  Pose at(int frame) const {
    Pose pose = start;
    pose.centre_x += speed_x * frame;
    pose.centre_y += speed_y * frame;
    pose.scale_x *= std::pow(growth, frame);
    pose.scale_y *= std::pow(growth, frame);
    pose.angle += spin * frame;
    return pose;
  }
};

/// How far a view may reach beyond each border of a photo: the reflection there must not show an object twice.
struct Reach {
  double left = 0, top = 0, right = 0, bottom = 0;
};

Reach reach_of(const Photo& photo, const Box& objects) {
  if (objects.width == 0) return {};
  return {double(objects.x), double(objects.y), double(photo.size.width - objects.x - objects.width),
          double(photo.size.height - objects.y - objects.height)};
}

/// `centre` so that the extent around it ends within [-before, length + after], or in the middle of that.
double clamp_centre(double centre, double extent, double length, double before, double after) {
  const double least = extent / 2 - before, most = length + after - extent / 2;
  return least < most ? std::clamp(centre, least, most) : (least + most) / 2;
}

void clamp_into(Pose& pose, const Photo& photo, Size content, const Reach& reach) {
  pose.centre_x =
      clamp_centre(pose.centre_x, std::abs(pose.scale_x) * content.width, photo.size.width, reach.left, reach.right);
  pose.centre_y =
      clamp_centre(pose.centre_y, pose.scale_y * content.height, photo.size.height, reach.top, reach.bottom);
}

/// Photo pixels in a canvas pixel where the photo just fills the content: zoom 1.
double fill_scale(const Photo& photo, Size content) {
  return std::min(double(photo.size.width) / content.width, double(photo.size.height) / content.height);
}

/// What rotation leaves open is reflected.
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

/// Share of the box that a view shows, rotation left aside.
double shown(const Box& box, const Pose& pose, Size content) {
  const auto overlap = [](double start, double length, double centre, double extent) {
    return std::max(0.0, std::min(start + length, centre + extent / 2) - std::max(start, centre - extent / 2)) / length;
  };
  return overlap(box.x, box.width, pose.centre_x, std::abs(pose.scale_x) * content.width) *
         overlap(box.y, box.height, pose.centre_y, pose.scale_y * content.height);
}

/// A view as a cameraman would choose it: most of the objects in the picture, except for one view in five; as near as
/// in the photo or nearer, or, in `kFar` of the views, from as far as the reflected border allows.
Pose draw_background(const Photo& photo, const Box& objects, Size content, Random& random) {
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

Affine background_map(Pose pose, const Photo& photo, Size content, const Reach& reach) {
  clamp_into(pose, photo, content, reach);
  return affine_of(pose, content.width / 2.0, content.height / 2.0);
}

bool shows_object(const Photo& photo, const Affine& map, Size content) {
  constexpr int kStep = 4;
  for (int y = 0; y < content.height; y += kStep)
    for (int x = 0; x < content.width; x += kStep)
      if (sample_label(photo.labels, photo.size, map, x, y, true) != 0) return true;
  return false;
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

void draw_padding(Clip& clip, double share, Random& random) {
  if (!random.chance(share)) return;
  const double kept = random.uniform(0.75, 0.97);
  if (random.chance(0.5))
    clip.content.width = std::max(8, int(clip.canvas.width * kept));
  else
    clip.content.height = std::max(8, int(clip.canvas.height * kept));
}

struct Moving {
  const Photo* photo = nullptr;
  std::uint8_t cutout = 0;
  std::array<float, 3> gain{1, 1, 1};
  std::vector<Pose> poses;                   // one a frame; the canvas point is stored beside
  std::vector<std::array<double, 2>> place;  // of the cutout's middle, canvas pixels
};

/// A cutout's way through the clip. The pose's centre stays the middle of the cutout; where that lies moves.
Moving draw_cutout(const ClipSource& source, Size content, int frames, bool steady, Random& random) {
  const Cutout& cutout = source.cutouts()[random.below(source.cutouts().size())];
  Moving moving{&source.photo(cutout.photo), cutout.id, {}, {}, {}};
  const Size size = moving.photo->size;
  const double gain = random.uniform(0.8, 1.2);
  for (float& g : moving.gain) g = float(gain * random.uniform(0.9, 1.1));
  // At scale 1 the cutout's whole photo would fit the content.
  const double fit = std::max(double(size.width) / content.width, double(size.height) / content.height);
  Motion motion;
  motion.start.centre_x = cutout.box.x + cutout.box.width / 2.0;
  motion.start.centre_y = cutout.box.y + cutout.box.height / 2.0;
  motion.start.scale_y = fit / random.log_uniform(0.3, 1.0);
  motion.start.scale_x = motion.start.scale_y * (random.chance(0.5) ? -1 : 1);
  motion.start.angle = random.uniform(-8, 8) * kDegree;
  motion.growth = std::exp(random.normal(0.03));
  motion.spin = random.normal(2) * kDegree;
  double x = random.uniform(0.05, 0.95) * content.width, y = random.uniform(0.05, 0.95) * content.height;
  const double speed_x = random.normal(0.05) * content.width, speed_y = random.normal(0.03) * content.height;
  for (int t = 0; t < frames; ++t) {
    Pose pose = motion.at(t);
    if (!steady && t > 0) {
      const double size_change = random.uniform(0.8, 1.25);
      pose.scale_x = motion.start.scale_x * size_change;
      pose.scale_y = motion.start.scale_y * size_change;
      pose.angle = random.uniform(-10, 10) * kDegree;
      x = random.uniform(0.05, 0.95) * content.width;
      y = random.uniform(0.05, 0.95) * content.height;
    }
    moving.poses.push_back(pose);
    moving.place.push_back({x + random.normal(0.4), y + random.normal(0.4)});
    x += steady ? speed_x : 0;
    y += steady ? speed_y : 0;
  }
  return moving;
}

Affine map_of(const Moving& moving, int frame) {
  return affine_of(moving.poses[frame], moving.place[frame][0], moving.place[frame][1]);
}

bool covers_too_much(const Clip& before, const std::vector<std::size_t>& pixels) {
  std::array<int, 256> area{}, covered{};
  for (std::size_t i = 0; i < before.pixels(); ++i) ++area[before.label(0)[i]];
  for (const std::size_t i : pixels) ++covered[before.label(0)[i]];
  for (int id = 1; id < 256; ++id)
    if (area[id] > 0 && covered[id] >= kCoveredTooMuch * area[id]) return true;
  return false;
}

void paste_one(const ClipSource& source, bool steady, std::uint8_t id, Clip& clip, Random& random) {
  for (int attempt = 0; attempt < kPlacements; ++attempt) {
    const Moving moving = draw_cutout(source, clip.content, clip.frames, steady, random);
    Clip trial = clip;
    const auto pixels = paste(*moving.photo, moving.cutout, map_of(moving, 0), moving.gain.data(), id, trial, 0);
    if (pixels.size() < kLeastPixels || covers_too_much(clip, pixels)) continue;
    clip = std::move(trial);
    for (int t = 1; t < clip.frames; ++t)
      paste(*moving.photo, moving.cutout, map_of(moving, t), moving.gain.data(), id, clip, t);
    return;
  }
}

void draw_background_frames(const Photo& photo, const Box& objects, const Pose& start, bool steady, Clip& clip,
                            Random& random) {
  const Reach reach = reach_of(photo, objects);
  Motion motion{start};
  motion.speed_x = random.normal(0.03) * clip.content.width * std::abs(start.scale_x);
  motion.speed_y = random.normal(0.02) * clip.content.height * start.scale_y;
  motion.growth = std::exp(random.normal(0.015));
  motion.spin = random.normal(1) * kDegree;
  for (int t = 0; t < clip.frames; ++t) {
    Pose pose = motion.at(t);
    if (!steady && t > 0) {
      const Pose other = draw_background(photo, objects, clip.content, random);
      pose = other;
      pose.scale_x = std::copysign(other.scale_x, start.scale_x);  // a clip is mirrored as a whole
    }
    pose.centre_x += random.normal(0.4) * std::abs(pose.scale_x);
    pose.centre_y += random.normal(0.4) * pose.scale_y;
    draw_frame(photo, background_map(pose, photo, clip.content, reach), clip, t, false);
  }
}

/// A view with no instance in it: parts of photos, enlarged.
std::optional<std::pair<const Photo*, Pose>> draw_scene(const ClipSource& source, Size content, Random& random) {
  for (int attempt = 0; attempt < 24; ++attempt) {
    const Photo& photo = source.draw_photo(random);
    const Pose pose = draw_pose(photo, content, 1.3, 3.0, {}, random);
    if (!shows_object(photo, background_map(pose, photo, content, {}), content)) return std::pair{&photo, pose};
  }
  return std::nullopt;
}

}  // namespace

Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipMix& mix, Random& random) {
  Clip clip(canvas, frames);
  draw_padding(clip, mix.padded, random);
  const bool steady = random.chance(0.5);
  const auto scene = random.chance(mix.without_object) ? draw_scene(source, clip.content, random) : std::nullopt;
  const Photo& photo = scene ? *scene->first : source.draw_photo(random);
  const Box& objects = source.objects(photo);
  const Pose start = scene ? scene->second : draw_background(photo, objects, clip.content, random);
  draw_background_frames(photo, objects, start, steady || scene, clip, random);
  if (!scene && !source.cutouts().empty() && !random.chance(mix.without_paste / (1 - mix.without_object))) {
    const int pastes = 2 + int(random.below(2));
    for (int k = 0; k < pastes; ++k) paste_one(source, steady, std::uint8_t(255 - k), clip, random);
  }
  renumber(clip);
  const Look look = Look::draw(random);
  for (int t = 0; t < frames; ++t) apply(look, clip, t, random);
  pad(clip);
  return clip;
}

Clip make_view(const Photo& photo, Size canvas, Random& random) {
  Clip clip(canvas, 1);
  draw_padding(clip, 0.1, random);
  const double fill = fill_scale(photo, clip.content);
  const double zoom = random.uniform(0.85, 1.45), aspect = std::exp(random.normal(0.15) / 2);
  Pose pose;
  pose.scale_x = fill / zoom * aspect * (random.chance(0.5) ? -1 : 1);
  pose.scale_y = fill / zoom / aspect;
  pose.angle = random.normal(5) * kDegree;
  pose.centre_x = random.uniform(0, photo.size.width);
  pose.centre_y = random.uniform(0, photo.size.height);
  clamp_into(pose, photo, clip.content, {});
  draw_frame(photo, affine_of(pose, clip.content.width / 2.0, clip.content.height / 2.0), clip, 0, true);
  const Look look = Look::draw(random);
  apply(look, clip, 0, random);
  pad(clip);
  return clip;
}

}  // namespace vcl::train
