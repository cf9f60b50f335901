// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/sprite.hpp"

#include <algorithm>
#include <cmath>

#include "training/clips/paste.hpp"

namespace vcl::train {
namespace {

Sprite empty_sprite(double width, double height) {
  const auto side = [](double length) { return std::max(4, int(length)) + 2 * Sprite::kMargin; };
  Sprite sprite{{side(width), side(height)}, {}, {}};
  sprite.cover.resize(std::size_t(sprite.size.width) * sprite.size.height);
  sprite.rgb.resize(3 * sprite.cover.size());
  return sprite;
}

/// Draws the colors of a photo. `map` maps sprite points to photo points.
void draw_colours(Sprite& sprite, const Photo& photo, const Affine& map) {
  const int samples = samples_for(map);
  for (int y = 0; y < sprite.size.height; ++y)
    for (int x = 0; x < sprite.size.width; ++x)
      sample_area<3>(photo.rgb, photo.size, map, x, y, samples,
                     &sprite.rgb[3 * (std::size_t(y) * sprite.size.width + x)]);
}

/// Sets each color value of channel c to change(c, value), clamped to 0..255.
template <typename Change>
void change_colours(Sprite& sprite, Change change) {
  for (std::size_t i = 0; i < sprite.rgb.size(); ++i)
    sprite.rgb[i] = std::clamp(float(change(i % 3, sprite.rgb[i])), 0.0F, 255.0F);
}

/// Moves the mean color to `colour` and reduces the contrast.
void camouflage(Sprite& sprite, const float* colour, Random& random) {
  double mean[3] = {};
  for (std::size_t i = 0; i < sprite.rgb.size(); ++i) mean[i % 3] += sprite.rgb[i] / double(sprite.cover.size());
  const double contrast = random.uniform(0.5, 1);
  change_colours(sprite, [&](std::size_t c, double value) { return (value - mean[c]) * contrast + colour[c]; });
}

}  // namespace

Sprite Sprite::cut_out(const ClipSource& source, double length, Random& random) {
  const Cutout& cutout = source.cutouts()[random.below(source.cutouts().size())];
  const Photo& photo = source.photo(cutout.photo);
  const Box& box = cutout.box;
  const double scale = std::max(box.width, box.height) / length;
  Sprite sprite = empty_sprite(box.width / scale, box.height / scale);
  const Pose pose{box.x + box.width / 2.0, box.y + box.height / 2.0, random.chance(0.5) ? scale : -scale, scale, 0};
  const Sight sight{&photo, cutout.id, box, affine_of(pose, sprite.size.width / 2.0, sprite.size.height / 2.0)};
  const Cover cover = cover_of(sight, sprite.size, 0);
  for (int y = cover.seen.y; y < cover.seen.y + cover.seen.height; ++y)
    for (int x = cover.seen.x; x < cover.seen.x + cover.seen.width; ++x)
      sprite.cover[std::size_t(y) * sprite.size.width + x] = cover.shares[cover.index(x, y)];
  draw_colours(sprite, photo, sight.map);
  const double gain = random.uniform(0.7, 1.2), offset = random.normal(10);
  change_colours(sprite, [&](std::size_t, double value) { return gain * value + offset; });
  return sprite;
}

Sprite Sprite::made_up(const Photo& texture, double length, const float* colour, Random& random) {
  const Silhouette shape = Silhouette::draw(random);
  const double scale = std::max(shape.size.width, shape.size.height) / length;  // outline pixels per sprite pixel
  Sprite sprite = empty_sprite(shape.size.width / scale, shape.size.height / scale);
  const Affine to_shape = affine_of({shape.size.width / 2.0, shape.size.height / 2.0, scale, scale, 0},
                                    sprite.size.width / 2.0, sprite.size.height / 2.0);
  constexpr int kSamples = 3;
  for (int y = 0; y < sprite.size.height; ++y)
    for (int x = 0; x < sprite.size.width; ++x)
      for (int k = 0; k < kSamples * kSamples; ++k) {
        const double at_x = x + (k % kSamples + 0.5) / kSamples, at_y = y + (k / kSamples + 0.5) / kSamples;
        const int u = int(std::floor(to_shape.x(at_x, at_y))), v = int(std::floor(to_shape.y(at_x, at_y)));
        if (u >= 0 && v >= 0 && u < shape.size.width && v < shape.size.height)
          sprite.cover[std::size_t(y) * sprite.size.width + x] +=
              float(shape.inside[std::size_t(v) * shape.size.width + u]) / (kSamples * kSamples);
      }
  const double fill =
      std::min(double(texture.size.width) / sprite.size.width, double(texture.size.height) / sprite.size.height) /
      random.uniform(1, 1.6);
  const auto middle = [&](int side, int covered) {
    const double half = fill * covered / 2;
    return random.uniform(half, std::max(half, side - half));
  };
  const double x = middle(texture.size.width, sprite.size.width);
  const double y = middle(texture.size.height, sprite.size.height);
  draw_colours(sprite, texture, affine_of({x, y, fill, fill, 0}, sprite.size.width / 2.0, sprite.size.height / 2.0));
  if (colour) camouflage(sprite, colour, random);
  return sprite;
}

void Sprite::smear(double x, double y) {
  const int steps = int(std::max(std::abs(x), std::abs(y))) | 1, half = steps / 2;
  if (steps < 3) return;
  Sprite wide{{size.width + 2 * half, size.height + 2 * half}, {}, {}};
  wide.cover.resize(std::size_t(wide.size.width) * wide.size.height);
  wide.rgb.resize(3 * wide.cover.size());
  for (int row = 0; row < wide.size.height; ++row)
    for (int column = 0; column < wide.size.width; ++column) {
      const std::size_t to = std::size_t(row) * wide.size.width + column;
      float weights = 0;
      for (int k = -half; k <= half; ++k) {
        const int u = std::clamp(column - half + int(std::lround(x * k / steps)), 0, size.width - 1);
        const int v = std::clamp(row - half + int(std::lround(y * k / steps)), 0, size.height - 1);
        const std::size_t from = std::size_t(v) * size.width + u;
        wide.cover[to] += cover[from] / float(steps);
        const float weight = cover[from] + 1e-3F;  // the surroundings of a thing in its photo are not part of it
        weights += weight;
        for (std::size_t c = 0; c < 3; ++c) wide.rgb[3 * to + c] += weight * rgb[3 * from + c];
      }
      for (std::size_t c = 0; c < 3; ++c) wide.rgb[3 * to + c] /= weights;
    }
  *this = std::move(wide);
}

}  // namespace vcl::train
