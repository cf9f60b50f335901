// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>

#include "training/clips/moving_scene.hpp"

namespace vcl::train {
namespace {

int reflected(int i, int n) {
  if (i < 0) i = -1 - i;
  if (i >= n) i = 2 * n - 1 - i;
  return std::clamp(i, 0, n - 1);
}

/// A photo, reduced so that a pixel of the picture shows about one of its pixels.
class Ground {
 public:
  Ground(const Photo& photo, double scale)
      : factor_(std::clamp(int(std::lround(scale)), 1, 4)),
        size_{std::max(1, photo.size.width / factor_), std::max(1, photo.size.height / factor_)} {
    const int area = factor_ * factor_;
    for (int y = 0; y < size_.height; ++y)
      for (int x = 0; x < size_.width; ++x) {
        float sum[3] = {};
        for (int k = 0; k < area; ++k) {
          const std::size_t i = index(photo, factor_ * x + k % factor_, factor_ * y + k / factor_);
          for (std::size_t c = 0; c < 3; ++c) sum[c] += photo.rgb[3 * i + c];
        }
        for (const float value : sum) rgb_.push_back(value / float(area));
        ids_.push_back(photo.labels[index(photo, factor_ * x + factor_ / 2, factor_ * y + factor_ / 2)]);
      }
  }

  /// Writes the color at a place of the photo to `rgb` and returns the label there.
  std::uint8_t sample(double photo_x, double photo_y, float* rgb) const {
    const float x = float(photo_x / factor_) - 0.5F, y = float(photo_y / factor_) - 0.5F;
    const float left = std::floor(x), top = std::floor(y), right = x - left, lower = y - top;
    const int x0 = reflected(int(left), size_.width), x1 = reflected(int(left) + 1, size_.width);
    const std::size_t y0 = row(int(top)), y1 = row(int(top) + 1);
    const float *a = &rgb_[3 * (y0 + x0)], *b = &rgb_[3 * (y0 + x1)], *c = &rgb_[3 * (y1 + x0)],
                *d = &rgb_[3 * (y1 + x1)];
    for (int k = 0; k < 3; ++k)
      rgb[k] = (1 - lower) * ((1 - right) * a[k] + right * b[k]) + lower * ((1 - right) * c[k] + right * d[k]);
    return ids_[(lower < 0.5F ? y0 : y1) + std::size_t(right < 0.5F ? x0 : x1)];
  }

 private:
  static std::size_t index(const Photo& photo, int x, int y) {
    return std::size_t(std::min(y, photo.size.height - 1)) * photo.size.width + std::min(x, photo.size.width - 1);
  }
  std::size_t row(int y) const { return std::size_t(reflected(y, size_.height)) * size_.width; }

  int factor_;
  Size size_;
  std::vector<float> rgb_;
  std::vector<std::uint8_t> ids_;
};

/// One frame while it is drawn. Everything is [height, width] of the content.
struct Picture {
  Size size;
  std::vector<float> rgb;  // three per pixel
  std::vector<std::uint8_t> labels, moves;

  explicit Picture(Size size)
      : size(size), rgb(3 * std::size_t(size.width) * size.height), labels(rgb.size() / 3), moves(rgb.size() / 3) {}

  /// Calls visit(i, place_x, place_y) for each picture pixel within the extent of the mapped box.
  template <typename Visit>
  void for_each(const Box& box, const Affine& to_picture, Visit visit) const {
    const Affine back = inverse(to_picture);
    const Extent extent = extent_of(box, to_picture);
    const auto pixel = [](double at, int side) { return int(std::clamp(at, 0.0, double(side))); };
    for (int y = pixel(extent.top, size.height); y < pixel(std::ceil(extent.bottom), size.height); ++y)
      for (int x = pixel(extent.left, size.width); x < pixel(std::ceil(extent.right), size.width); ++x)
        visit(std::size_t(y) * size.width + x, back.x(x + 0.5, y + 0.5), back.y(x + 0.5, y + 0.5));
  }
};

void draw_ground(const MovingScene& scene, double time, Picture& picture) {
  const Ground ground(*scene.photo, scene.to_photo.scale());
  const Camera& camera = scene.camera;
  const Restless& restless = scene.restless;
  Field unrest;
  if (restless.strength > 0) {
    Random random(restless.seed, std::uint64_t(std::llround(2 * time)), 0);
    unrest = Field::draw(restless.strength, restless.cells, random);
  }
  for (int y = 0; y < picture.size.height; ++y) {
    const double taken = camera.row_time(time, y + 0.5);
    const Affine back = inverse(camera.view(taken));
    const Vector gone = camera.shift(taken);
    for (int x = 0; x < picture.size.width; ++x) {
      double u = back.x(x + 0.5, y + 0.5), v = back.y(x + 0.5, y + 0.5);
      const float parallax = camera.parallax(u, v), right = float(u / picture.size.width),
                  down = float(v / picture.size.height);
      u -= parallax * gone.x, v -= parallax * gone.y;
      if (restless.strength > 0) {
        const float share = std::clamp(3 * restless.where.at(right, down).x, 0.0F, 1.0F);
        const Vector way = unrest.at(right, down);
        u += share * way.x, v += share * way.y;
      }
      const std::size_t i = std::size_t(y) * picture.size.width + x;
      picture.labels[i] = ground.sample(scene.to_photo.x(u, v), scene.to_photo.y(u, v), &picture.rgb[3 * i]);
      picture.moves[i] = picture.labels[i] == 0 ? kStays : kUnknown;
    }
  }
}

/// Blurs along this many pixels.
void smear(Picture& picture, double x, double y) {
  const int steps = int(std::lround(std::max(std::abs(x), std::abs(y)))) | 1, half = steps / 2;
  if (steps < 3) return;
  const std::vector<float> sharp = picture.rgb;
  std::ranges::fill(picture.rgb, 0.0F);
  for (int k = -half; k <= half; ++k) {
    const int right = int(std::lround(x * k / steps)), down = int(std::lround(y * k / steps));
    for (int row = 0; row < picture.size.height; ++row)
      for (int column = 0; column < picture.size.width; ++column) {
        const std::size_t from = std::size_t(reflected(row + down, picture.size.height)) * picture.size.width +
                                 reflected(column + right, picture.size.width);
        float* to = &picture.rgb[3 * (std::size_t(row) * picture.size.width + column)];
        for (int c = 0; c < 3; ++c) to[c] += sharp[3 * from + c] / float(steps);
      }
  }
}

/// Returns the coverage at a point of the sprite. Writes the color there to `rgb` unless it is null.
float look_at(const Sprite& sprite, float x, float y, float* rgb = nullptr) {
  x -= 0.5F, y -= 0.5F;
  const int left = int(std::floor(x)), top = int(std::floor(y));
  if (left < 0 || top < 0 || left + 1 >= sprite.size.width || top + 1 >= sprite.size.height) return 0;
  const float right = x - float(left), lower = y - float(top);
  const std::size_t a = std::size_t(top) * sprite.size.width + left, c = a + sprite.size.width;
  const float wa = (1 - right) * (1 - lower), wb = right * (1 - lower), wc = (1 - right) * lower, wd = right * lower;
  const auto mix = [&](const float* v, std::size_t step, std::size_t k) {
    return wa * v[step * a + k] + wb * v[step * (a + 1) + k] + wc * v[step * c + k] + wd * v[step * (c + 1) + k];
  };
  if (rgb)
    for (std::size_t k = 0; k < 3; ++k) rgb[k] = mix(sprite.rgb.data(), 3, k);
  return mix(sprite.cover.data(), 1, 0);
}

Box box_of(const Sprite& sprite, double beyond) {
  const int more = int(std::ceil(beyond));
  return {-more, -more, sprite.size.width + 2 * more, sprite.size.height + 2 * more};
}

/// Draws the outline of the thing as a shadow that lies flat from its foot.
void draw_shadow(const Thing& thing, const Affine& place, Picture& picture) {
  constexpr float kSoft = 1.2F;
  const double foot = thing.sprite.size.height - Sprite::kMargin;
  const double beyond = foot * (std::abs(thing.slant) + std::abs(thing.flatness)) + kSoft;
  picture.for_each(box_of(thing.sprite, beyond), place, [&](std::size_t i, double x, double y) {
    const double up = (y - foot) / thing.flatness;
    const float u = float(x - thing.slant * up), v = float(foot + up);
    float cover = look_at(thing.sprite, u, v);
    for (const float step : {-kSoft, kSoft})
      cover += look_at(thing.sprite, u + step, v) + look_at(thing.sprite, u, v + step);
    for (std::size_t c = 0; c < 3; ++c) picture.rgb[3 * i + c] *= 1 - float(thing.shadow) * cover / 5;
  });
}

void draw_thing(const Thing& thing, const Camera& camera, double time, std::span<const int> neighbours,
                Picture& picture) {
  const Affine place = thing.place(camera, time);
  if (thing.shadow > 0) draw_shadow(thing, place, picture);
  std::uint8_t moves = kStays;
  if (thing.role == Thing::Role::Mover) moves = thing.moves(time, neighbours) ? kMoves : kUnknown;
  picture.for_each(box_of(thing.sprite, thing.reach(time)), place, [&](std::size_t i, double x, double y) {
    const Vector from = thing.source(x, y, time);
    float rgb[3];
    const float cover = look_at(thing.sprite, from.x, from.y, rgb);
    if (cover <= 0) return;
    for (std::size_t c = 0; c < 3; ++c) picture.rgb[3 * i + c] += cover * (rgb[c] - picture.rgb[3 * i + c]);
    if (cover < 0.5F) return;
    picture.labels[i] = thing.label;
    picture.moves[i] = moves;
  });
}

}  // namespace

std::vector<std::uint8_t> film(const MovingScene& scene, double time, std::span<const int> neighbours, Clip& clip,
                               int frame) {
  Picture picture(clip.content);
  draw_ground(scene, time, picture);
  smear(picture, scene.camera.shift_x * scene.camera.exposure, scene.camera.shift_y * scene.camera.exposure);
  for (const Thing& thing : scene.things) draw_thing(thing, scene.camera, time, neighbours, picture);
  std::vector<std::uint8_t> moves(clip.pixels(), kStays);
  for (int y = 0; y < picture.size.height; ++y)
    for (int x = 0; x < picture.size.width; ++x) {
      const std::size_t from = std::size_t(y) * picture.size.width + x, to = std::size_t(y) * clip.canvas.width + x;
      for (std::size_t c = 0; c < 3; ++c)
        clip.image(frame)[c * clip.pixels() + to] =
            std::uint8_t(std::clamp(picture.rgb[3 * from + c] + 0.5F, 0.0F, 255.0F));
      clip.label(frame)[to] = picture.labels[from];
      moves[to] = picture.moves[from];
    }
  return moves;
}

}  // namespace vcl::train
