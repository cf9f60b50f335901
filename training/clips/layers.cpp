// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/layers.hpp"

#include <algorithm>
#include <cmath>

#include "training/clips/motion.hpp"
#include "training/clips/paste.hpp"

namespace vcl::train {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kCoveredTooMuch = 0.5;  // share of an object, in a frame with the paste on its path; above it the
                                         // paste is placed again
constexpr int kPlacements = 8;

struct Placement {
  Layer layer;
  int shown = 0;  // a frame in which the layer is on its path
};

Sight sight_of(const Layer& layer, int frame) {
  return {layer.photo, layer.instance, layer.box, layer.maps[std::size_t(frame)]};
}

/// Draws color gains of the paste's own. Its light changes half as much as that of the scene.
std::vector<std::array<float, 3>> draw_gains(int frames, double appearance, Random& random) {
  const double gain = random.uniform(0.8, 1.2);
  std::array<float, 3> colours;
  for (float& g : colours) g = float(gain * random.uniform(0.9, 1.1));
  const Light light = Light::draw(appearance / 2, random);
  std::vector<std::array<float, 3>> gains;
  for (int t = 0; t < frames; ++t) {
    gains.push_back(light.at(t, frames));
    for (std::size_t c = 0; c < 3; ++c) gains.back()[c] *= colours[c];
  }
  return gains;
}

/// Draws a path through the content: the center of the box moves, or is drawn anew in each frame if not `smooth`.
std::vector<Affine> draw_path(const Layer& layer, Size content, int frames, bool smooth, double curve, Random& random) {
  const Size size = layer.photo->size;
  // At scale 1, the whole photo of the cutout would fit into the content.
  const double fit = std::max(double(size.width) / content.width, double(size.height) / content.height);
  Pose start;
  start.centre_x = layer.box.x + layer.box.width / 2.0;
  start.centre_y = layer.box.y + layer.box.height / 2.0;
  start.scale_y = fit / random.log_uniform(0.3, 1.0);
  start.scale_x = start.scale_y * (random.chance(0.5) ? -1 : 1);
  start.angle = random.uniform(-8, 8) * kDegree;
  const Speed spread{0.05 * content.width, 0.03 * content.height, 0.03, 2 * kDegree};
  Motion motion;
  motion.speed.growth = random.normal(spread.growth);
  motion.speed.spin = random.normal(spread.spin);
  double x = random.uniform(0.05, 0.95) * content.width, y = random.uniform(0.05, 0.95) * content.height;
  motion.speed.x = random.normal(spread.x);
  motion.speed.y = random.normal(spread.y);
  bend(motion, spread, curve, frames, random);
  std::vector<Affine> maps;
  for (int t = 0; t < frames; ++t) {
    const Speed gone = smooth ? motion.at(t) : Speed{};
    double size_change = std::exp(gone.growth), angle = start.angle + gone.spin;
    if (!smooth && t > 0) {
      size_change = random.uniform(0.8, 1.25);
      angle = random.uniform(-10, 10) * kDegree;
      x = random.uniform(0.05, 0.95) * content.width;
      y = random.uniform(0.05, 0.95) * content.height;
    }
    const Pose pose{start.centre_x, start.centre_y, start.scale_x * size_change, start.scale_y * size_change, angle};
    const double at_x = x + gone.x + random.normal(0.4), at_y = y + gone.y + random.normal(0.4);
    maps.push_back(affine_of(pose, at_x, at_y));
  }
  return maps;
}

/// Makes a layer that was placed in the first frame's scene move with the scene.
void move_with(const std::vector<Affine>& scene, std::vector<Affine>& maps) {
  const Affine to_first = inverse(scene.front());
  for (std::size_t t = 1; t < maps.size(); ++t) maps[t] = compose(maps[t], compose(to_first, scene[t]));
}

Placement draw_placement(const ClipSource& source, const Background& background, const ClipOptions& options,
                         Size content, Random& random) {
  const Cutout& cutout = source.cutouts()[random.below(source.cutouts().size())];
  const int frames = int(background.maps.size());
  Placement placement;
  Layer& layer = placement.layer;
  layer = {&source.photo(cutout.photo), cutout.id, cutout.box, 0, {}, {}};
  layer.gains = draw_gains(frames, options.appearance, random);
  layer.maps = draw_path(layer, content, frames, background.smooth, options.curve, random);
  if (background.moves_all) move_with(background.maps, layer.maps);
  if (random.happens(options.enter_leave)) {
    const Excursion way = Excursion::draw(frames, random);
    way.apply(layer.maps, layer.box, content, options.feather + 1);
    placement.shown = way.shown();
  }
  return placement;
}

/// Calls visit(pixel) for each canvas pixel that the layer holds.
template <typename Visit>
void for_each_pixel(const Cover& cover, const Clip& clip, Visit visit) {
  const Box& seen = cover.seen;
  for (int y = std::max(0, seen.y); y < std::min(clip.content.height, seen.y + seen.height); ++y)
    for (int x = std::max(0, seen.x); x < std::min(clip.content.width, seen.x + seen.width); ++x)
      if (cover.holds(x, y)) visit(std::size_t(y) * std::size_t(clip.canvas.width) + std::size_t(x));
}

/// The final labels of one frame, as far as they are known.
struct Labels {
  int frame = 0;
  std::vector<std::uint8_t> ids;  // [canvas.height, canvas.width]

  Labels(const Clip& clip, int frame) : frame(frame), ids(clip.label(frame), clip.label(frame) + clip.pixels()) {}
};

/// Returns whether the paste is large enough to be seen and hides less than half of each object in the frame.
bool is_well_placed(const Cover& cover, const Clip& clip, const Labels& labels) {
  int pixels = 0;
  std::array<int, 256> area{}, covered{};
  for (const std::uint8_t id : labels.ids) ++area[id];
  for_each_pixel(cover, clip, [&](std::size_t i) {
    ++pixels;
    ++covered[labels.ids[i]];
  });
  if (pixels < kLeastPixels) return false;
  for (std::size_t id = 1; id < area.size(); ++id)
    if (area[id] > 0 && covered[id] >= kCoveredTooMuch * area[id]) return false;
  return true;
}

/// Returns which labels occur in the clip.
std::array<bool, 256> labels_of(const Clip& clip) {
  std::array<bool, 256> has{};
  for (const std::uint8_t id : clip.labels) has[id] = true;
  return has;
}

}  // namespace

Order Order::draw(int frames, Random& random) {
  return {1 + int(random.below(std::size_t(frames - 1))), random.chance(0.5)};
}

std::vector<Layer> place_pastes(const ClipSource& source, const Background& background, const ClipOptions& options,
                                const Clip& clip, Random& random) {
  const std::array<bool, 256> taken = labels_of(clip);
  std::vector<std::uint8_t> ids;  // free ones
  for (int id = 255; id > 0; --id)
    if (!taken[std::size_t(id)]) ids.push_back(std::uint8_t(id));
  std::vector<Labels> judged = {{clip, 0}};  // frames in which a paste may be on its path
  if (options.enter_leave > 0 && clip.frames > 1) judged.emplace_back(clip, clip.frames - 1);
  std::vector<Layer> layers;
  const std::size_t wanted = std::min(2 + random.below(2), ids.size());
  for (std::size_t k = 0; k < wanted; ++k)
    for (int attempt = 0; attempt < kPlacements; ++attempt) {
      auto [layer, shown] = draw_placement(source, background, options, clip.content, random);
      const Labels& labels = shown == 0 ? judged.front() : judged.back();
      if (!is_well_placed(cover_of(sight_of(layer, shown), clip.content, options.feather), clip, labels)) continue;
      layer.id = ids[layers.size()];
      for (Labels& frame : judged)
        for_each_pixel(cover_of(sight_of(layer, frame.frame), clip.content, options.feather), clip,
                       [&, id = layer.id](std::size_t i) { frame.ids[i] = id; });
      layers.push_back(std::move(layer));
      break;
    }
  return layers;
}

std::vector<Layer> own_layers(const Background& background, const Clip& clip) {
  std::vector<Layer> layers;
  const std::vector<std::array<float, 3>> gains(std::size_t(clip.frames), {1, 1, 1});
  const std::array<bool, 256> shown = labels_of(clip);
  for (int k = 1; k < 256; ++k)
    if (const auto id = std::uint8_t(k); shown[id])
      layers.push_back({background.photo, id, background.objects, id, background.maps, gains});
  return layers;
}

void draw_pastes(const std::vector<Layer>& pastes, const std::vector<Layer>& own, const std::optional<Order>& order,
                 int feather, Clip& clip) {
  for (int t = 0; t < clip.frames; ++t) {
    std::vector<const Layer*> layers;
    for (const Layer& layer : pastes) layers.push_back(&layer);
    if (order && order->is_reversed(t)) {
      std::ranges::reverse(layers);
      for (const Layer& layer : own) layers.push_back(&layer);
    }
    for (const Layer* layer : layers) {
      const Sight sight = sight_of(*layer, t);
      const Cover cover = cover_of(sight, clip.content, feather);
      paste(sight, cover, layer->gains[std::size_t(t)], feather, layer->id, clip, t);
    }
  }
}

}  // namespace vcl::train
