// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/imagecut2video.hpp"

#include <algorithm>
#include <cmath>

#include "training/clips/layers.hpp"
#include "training/clips/moving_scene.hpp"
#include "training/clips/photo_view.hpp"

namespace vcl::train {
namespace {

void draw_padding(Clip& clip, double share, Random& random) {
  if (!random.chance(share)) return;
  const double kept = random.uniform(0.75, 0.97);
  int& side = random.chance(0.5) ? clip.content.width : clip.content.height;
  side = std::clamp(int(side * kept), std::min(8, side), side);
}

void add_pastes(const ClipSource& source, const Background& background, const ClipOptions& options, Clip& clip,
                Random& random) {
  const std::vector<Layer> pastes = place_pastes(source, background, options, clip, random);
  std::optional<Order> order;
  if (clip.frames > 1 && random.happens(options.reorder)) order = Order::draw(clip.frames, random);
  const std::vector<Layer> own = order ? own_layers(background, clip) : std::vector<Layer>{};
  draw_pastes(pastes, own, order, options.feather, clip);
}

}  // namespace

Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipOptions& options, Random& random,
               std::span<const int> neighbours) {
  Clip clip(canvas, frames);
  draw_padding(clip, options.padded, random);
  if (random.happens(options.moving)) {
    fill_with_moving_scene(clip, source, options, neighbours, random);
    pad(clip);
    return clip;
  }
  const Background background = draw_background(source, clip.content, frames, options, random);
  for (int t = 0; t < frames; ++t) draw_frame(*background.photo, background.maps[std::size_t(t)], clip, t, false);
  if (!background.without_object && !source.cutouts().empty() &&
      !random.chance(options.without_paste / (1 - options.without_object)))
    add_pastes(source, background, options, clip, random);
  renumber(clip);
  const Look look = Look::draw(options.appearance, random);
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
  pose.angle = random.normal(5) * std::numbers::pi / 180;
  pose.centre_x = random.uniform(0, photo.size.width);
  pose.centre_y = random.uniform(0, photo.size.height);
  clamp_into(pose, photo, clip.content, {});
  draw_frame(photo, view_map(pose, clip.content), clip, 0, true);
  const Look look = Look::draw(0, random);
  apply(look, clip, 0, random);
  pad(clip);
  return clip;
}

}  // namespace vcl::train
