// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/imagecut2video.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace vcl::train {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kTrustedForPasting = 0.5;  // recipe: agreement of network and classical mask
constexpr double kCoveredTooMuch = 0.5;     // of an object in frame 0: the paste is placed again
constexpr int kPlacements = 8;
constexpr int kLeastPixels = 12;  // fewer in the whole clip are no object

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

void clamp_into(Pose& pose, const Photo& photo, Size content) {
  const double half_w = std::min(std::abs(pose.scale_x) * content.width, double(photo.size.width)) / 2;
  const double half_h = std::min(pose.scale_y * content.height, double(photo.size.height)) / 2;
  pose.centre_x = std::clamp(pose.centre_x, half_w, photo.size.width - half_w);
  pose.centre_y = std::clamp(pose.centre_y, half_h, photo.size.height - half_h);
}

/// The photo fills the content at zoom 1; what rotation leaves open is reflected.
Pose draw_background(const Photo& photo, Size content, double least_zoom, double most_zoom, Random& random) {
  const double fill = std::min(double(photo.size.width) / content.width, double(photo.size.height) / content.height);
  const double zoom = random.log_uniform(least_zoom, most_zoom), aspect = std::exp(random.normal(0.08));
  Pose pose;
  pose.scale_x = fill / zoom * std::min(1.0, aspect) * (random.chance(0.5) ? -1 : 1);
  pose.scale_y = fill / zoom * std::min(1.0, 1 / aspect);
  pose.angle = random.uniform(-8, 8) * kDegree;
  pose.centre_x = random.uniform(0, photo.size.width);
  pose.centre_y = random.uniform(0, photo.size.height);
  clamp_into(pose, photo, content);
  return pose;
}

Affine background_map(Pose pose, const Photo& photo, Size content) {
  clamp_into(pose, photo, content);
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

/// Numbers the objects 1, 2, ... and turns specks into background.
void renumber(Clip& clip) {
  std::array<int, 256> area{};
  for (const std::uint8_t id : clip.labels) ++area[id];
  std::array<std::uint8_t, 256> number{};
  for (int id = 1; id < 256; ++id)
    if (area[id] >= kLeastPixels) number[id] = std::uint8_t(++clip.instances);
  for (std::uint8_t& id : clip.labels) id = number[id];
}

void draw_background_frames(const Photo& photo, const Pose& start, bool steady, Clip& clip, Random& random) {
  Motion motion{start};
  motion.speed_x = random.normal(0.03) * clip.content.width * std::abs(start.scale_x);
  motion.speed_y = random.normal(0.02) * clip.content.height * start.scale_y;
  motion.growth = std::exp(random.normal(0.015));
  motion.spin = random.normal(1) * kDegree;
  for (int t = 0; t < clip.frames; ++t) {
    Pose pose = motion.at(t);
    if (!steady && t > 0) {
      const Pose other = draw_background(photo, clip.content, 1.0, 1.6, random);
      pose = other;
      pose.scale_x = std::copysign(other.scale_x, start.scale_x);  // a clip is mirrored as a whole
    }
    pose.centre_x += random.normal(0.4) * std::abs(pose.scale_x);
    pose.centre_y += random.normal(0.4) * pose.scale_y;
    draw_frame(photo, background_map(pose, photo, clip.content), clip, t, false);
  }
}

/// A view with no instance in it: parts of photos, enlarged.
std::optional<std::pair<const Photo*, Pose>> draw_scene(const ClipSource& source, Size content, Random& random) {
  for (int attempt = 0; attempt < 24; ++attempt) {
    const Photo& photo = source.draw_photo(random);
    const Pose pose = draw_background(photo, content, 1.3, 3.0, random);
    if (!shows_object(photo, background_map(pose, photo, content), content)) return std::pair{&photo, pose};
  }
  return std::nullopt;
}

}  // namespace

ClipSource::ClipSource(const std::vector<Photo>& photos, const std::vector<std::size_t>& among)
    : photos_(photos), sampler_(photos, among) {
  for (const std::size_t index : among) {
    const Photo& photo = photos[index];
    if (photo.weight < kTrustedForPasting) continue;
    const int w = photo.size.width, h = photo.size.height;
    std::array<int, 256> left, top, right, bottom, on_border{};
    left.fill(w), top.fill(h), right.fill(-1), bottom.fill(-1);
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        const int id = photo.labels[std::size_t(y) * w + x];
        left[id] = std::min(left[id], x), right[id] = std::max(right[id], x);
        top[id] = std::min(top[id], y), bottom[id] = std::max(bottom[id], y);
        on_border[id] += x == 0 || y == 0 || x == w - 1 || y == h - 1;
      }
    for (int id = 1; id < 256; ++id) {
      const Box box{left[id], top[id], right[id] - left[id] + 1, bottom[id] - top[id] + 1};
      if (right[id] < 0 || on_border[id] > 0.1 * (box.width + box.height)) continue;
      cutouts_.push_back({index, std::uint8_t(id), box});
    }
  }
}

std::vector<std::size_t> paste(const Photo& photo, std::uint8_t cutout, const Affine& map, const float gain[3],
                               std::uint8_t id, Clip& clip, int frame) {
  const int width = clip.content.width, height = clip.content.height, samples = samples_for(map);
  // Coverage of every pixel by the cutout, with a margin of one pixel for the feathering.
  std::vector<float> cover(std::size_t(width + 2) * (height + 2));
  const auto at = [&](int x, int y) -> float& { return cover[std::size_t(y + 1) * (width + 2) + x + 1]; };
  int x0 = width, y0 = height, x1 = -1, y1 = -1;
  for (int y = -1; y <= height; ++y)
    for (int x = -1; x <= width; ++x) {
      int inside = 0;
      for (int j = 0; j < samples; ++j)
        for (int i = 0; i < samples; ++i) {
          const double cx = x + (i + 0.5) / samples, cy = y + (j + 0.5) / samples;
          const int px = int(std::floor(map.x(cx, cy))), py = int(std::floor(map.y(cx, cy)));
          inside += px >= 0 && py >= 0 && px < photo.size.width && py < photo.size.height &&
                    photo.labels[std::size_t(py) * photo.size.width + px] == cutout;
        }
      if (inside == 0) continue;
      at(x, y) = float(inside) / float(samples * samples);
      x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y);
    }
  std::vector<std::size_t> labelled;
  for (int y = std::max(0, y0 - 1); y <= std::min(height - 1, y1 + 1); ++y)
    for (int x = std::max(0, x0 - 1); x <= std::min(width - 1, x1 + 1); ++x) {
      float alpha = 0;
      for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) alpha += at(x + i, y + j);
      alpha /= 9;
      if (alpha <= 0) continue;
      std::array<float, 3> rgb;
      sample_area<3>(photo.rgb, photo.size, map, x, y, samples, rgb.data());
      const std::size_t i = std::size_t(y) * clip.canvas.width + x;
      for (int c = 0; c < 3; ++c) {
        std::uint8_t& pixel = clip.image(frame)[c * clip.pixels() + i];
        pixel = std::uint8_t(std::clamp(pixel + alpha * (gain[c] * rgb[c] - pixel) + 0.5F, 0.0F, 255.0F));
      }
      if (at(x, y) < 0.5F) continue;
      clip.label(frame)[i] = id;
      labelled.push_back(i);
    }
  return labelled;
}

Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipMix& mix, Random& random) {
  Clip clip(canvas, frames);
  draw_padding(clip, mix.padded, random);
  const bool steady = random.chance(0.5);
  const auto scene = random.chance(mix.without_object) ? draw_scene(source, clip.content, random) : std::nullopt;
  const Photo& photo = scene ? *scene->first : source.draw_photo(random);
  const Pose start = scene ? scene->second : draw_background(photo, clip.content, 1.0, 1.6, random);
  draw_background_frames(photo, start, steady || scene, clip, random);
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
  const double fill =
      std::min(double(photo.size.width) / clip.content.width, double(photo.size.height) / clip.content.height);
  const double zoom = random.uniform(0.85, 1.45), aspect = std::exp(random.normal(0.15) / 2);
  Pose pose;
  pose.scale_x = fill / zoom * aspect * (random.chance(0.5) ? -1 : 1);
  pose.scale_y = fill / zoom / aspect;
  pose.angle = random.normal(5) * kDegree;
  pose.centre_x = random.uniform(0, photo.size.width);
  pose.centre_y = random.uniform(0, photo.size.height);
  clamp_into(pose, photo, clip.content);
  draw_frame(photo, affine_of(pose, clip.content.width / 2.0, clip.content.height / 2.0), clip, 0, true);
  const Look look = Look::draw(random);
  apply(look, clip, 0, random);
  pad(clip);
  return clip;
}

}  // namespace vcl::train
