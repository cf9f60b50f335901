// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/clip.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vcl::train {
namespace {

constexpr std::uint8_t kMeanColour[3] = {124, 116, 104};  // method.md 5.1, rounded: at most 0.006 from zero when
                                                          // normalized

std::uint8_t to_byte(float value) {
  return std::uint8_t(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

void blur_rows_and_columns(std::uint8_t* plane, Size content, int stride) {
  // Filters 1 2 1 along x, then along y, in place. `previous` keeps the value before the change.
  for (int pass = 0; pass < 2; ++pass) {
    const int lines = pass == 0 ? content.height : content.width, count = pass == 0 ? content.width : content.height;
    const int step = pass == 0 ? 1 : stride, line_step = pass == 0 ? stride : 1;
    for (int line = 0; line < lines; ++line) {
      std::uint8_t* p = plane + line * line_step;
      int previous = p[0];
      for (int i = 0; i < count; ++i) {
        const int here = p[i * step], after = i + 1 < count ? p[(i + 1) * step] : here;
        p[i * step] = std::uint8_t((previous + 2 * here + after + 2) / 4);
        previous = here;
      }
    }
  }
}

int blur_passes(const Look& look, int frame, int frames) {
  const double time = frames > 1 ? double(frame) / (frames - 1) : 0;
  return look.blur + int(std::lround(std::abs(look.defocus) * (look.defocus < 0 ? 1 - time : time)));
}

}  // namespace

void pad(Clip& clip) {
  const int width = clip.canvas.width;
  for (int t = 0; t < clip.frames; ++t)
    for (int y = 0; y < clip.canvas.height; ++y) {
      const int from = y < clip.content.height ? clip.content.width : 0;
      const std::size_t row = std::size_t(y) * width;
      for (int c = 0; c < 3; ++c) {
        std::uint8_t* plane = clip.image(t) + c * clip.pixels() + row;
        std::fill(plane + from, plane + width, kMeanColour[c]);
      }
      std::fill(clip.label(t) + row + from, clip.label(t) + row + width, 0);
    }
}

void blank(Clip& clip) {
  for (int t = 0; t < clip.frames; ++t)
    for (int c = 0; c < 3; ++c) std::fill_n(clip.image(t) + c * clip.pixels(), clip.pixels(), kMeanColour[c]);
}

void renumber(Clip& clip, bool unlabelled) {
  std::array<int, 256> area{};
  for (const std::uint8_t id : clip.labels) ++area[id];
  std::array<std::uint8_t, 256> number{};
  if (unlabelled) number[kUnlabelled] = kUnlabelled;
  for (int id = 1; id < (unlabelled ? kUnlabelled : 256); ++id)
    if (area[id] >= kLeastPixels) number[id] = std::uint8_t(++clip.instances);
  for (std::uint8_t& id : clip.labels) id = number[id];
}

Light Light::draw(double strength, Random& random) {
  constexpr double kAll = 0.35, kChannel = 0.05;
  Light light;
  if (strength == 0) return light;
  const double all = random.normal(kAll * strength);
  for (float& change : light.change) change = float(all + random.normal(kChannel * strength));
  return light;
}

std::array<float, 3> Light::at(int frame, int frames) const {
  const float time = frames > 1 ? float(frame) / float(frames - 1) - 0.5F : 0.0F;
  return {std::exp(time * change[0]), std::exp(time * change[1]), std::exp(time * change[2])};
}

Look Look::draw(double appearance, Random& random) {
  Look look;
  const double gain = random.uniform(0.75, 1.25);
  for (float& g : look.gain) g = float(gain * random.uniform(0.92, 1.08));
  look.offset = float(random.uniform(-20, 20));
  look.saturation = random.chance(0.1) ? 0.0F : float(random.uniform(0.6, 1.4));
  look.noise = random.chance(0.2) ? float(random.uniform(1, 8)) : 0.0F;
  look.blur = random.chance(0.15) ? 1 : 0;
  look.light = Light::draw(appearance, random);
  if (random.happens(appearance / 3)) look.defocus = (random.chance(0.5) ? -1 : 1) * (1 + int(random.below(3)));
  return look;
}

void apply(const Look& look, Clip& clip, int frame, Random& random) {
  const float flicker = float(random.uniform(0.95, 1.05));
  const std::array<float, 3> light = look.light.at(frame, clip.frames);
  std::uint8_t* planes[3];
  for (int c = 0; c < 3; ++c) planes[c] = clip.image(frame) + c * clip.pixels();
  for (int y = 0; y < clip.content.height; ++y)
    for (int x = 0; x < clip.content.width; ++x) {
      const std::size_t i = std::size_t(y) * clip.canvas.width + x;
      const float grey = 0.299F * planes[0][i] + 0.587F * planes[1][i] + 0.114F * planes[2][i];
      // The sum of two uniform values is close enough to normal and needs no logarithm.
      const float noise = look.noise > 0 ? look.noise * 1.7F * float(random.uniform() + random.uniform() - 1) : 0.0F;
      for (int c = 0; c < 3; ++c) {
        const float value = grey + look.saturation * (planes[c][i] - grey);
        planes[c][i] = to_byte(flicker * look.gain[c] * (light[c] * value - 128) + 128 + look.offset + noise);
      }
    }
  for (int pass = 0; pass < blur_passes(look, frame, clip.frames); ++pass)
    for (std::uint8_t* plane : planes) blur_rows_and_columns(plane, clip.content, clip.canvas.width);
}

Size draw_canvas(Random& random, std::int64_t pixels, int stride) {
  // Most videos are landscape. The paper's letterbox then determines the canvas.
  constexpr Size kShapes[] = {{16, 9}, {16, 9}, {16, 9}, {16, 9}, {4, 3}, {4, 3}, {1, 1}, {3, 4}, {9, 16}};
  const Size shape = kShapes[random.below(std::size(kShapes))];
  return letterbox_fit({shape.width * 100, shape.height * 100}, pixels, stride).canvas;
}

}  // namespace vcl::train
