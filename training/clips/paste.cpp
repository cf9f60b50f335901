// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/paste.hpp"

#include <algorithm>
#include <cmath>

namespace vcl::train {
namespace {

Box intersection(int left, int top, int right, int bottom, const Box& other) {
  left = std::max(left, other.x), top = std::max(top, other.y);
  right = std::min(right, other.x + other.width), bottom = std::min(bottom, other.y + other.height);
  return left < right && top < bottom ? Box{left, top, right - left, bottom - top} : Box{};
}

bool is_instance(const Photo& photo, std::uint8_t id, int x, int y) {
  return x >= 0 && y >= 0 && x < photo.size.width && y < photo.size.height &&
         photo.labels[std::size_t(y) * std::size_t(photo.size.width) + std::size_t(x)] == id;
}

/// Returns how many of samples x samples points of a pixel show the instance.
int count_samples(const Sight& sight, int x, int y, int samples) {
  int inside = 0;
  for (int j = 0; j < samples; ++j)
    for (int i = 0; i < samples; ++i) {
      const double cx = x + (i + 0.5) / samples, cy = y + (j + 0.5) / samples;
      inside += is_instance(*sight.photo, sight.id, int(std::floor(sight.map.x(cx, cy))),
                            int(std::floor(sight.map.y(cx, cy))));
    }
  return inside;
}

float sum_around(const float* centre, std::ptrdiff_t stride, int distance) {
  float sum = 0;
  for (int j = -distance; j <= distance; ++j)
    for (int i = -distance; i <= distance; ++i) sum += centre[j * stride + i];
  return sum;
}

/// The colors of an instance. With a feather of 2 or more, pixels at and beyond its border take the colors of nearby
/// pixels of the instance: the surroundings in its photo would show as a halo. A feather of one pixel is narrower than
/// the blur of photos and shows no halo.
class Colours {
 public:
  Colours(const Sight& sight, const Cover& cover, int feather)
      : sight_(sight), cover_(cover), feather_(feather), samples_(samples_for(sight.map)) {
    if (feather < 2) return;
    for (auto& plane : weighted_) plane.resize(cover.shares.size());
    for (int y = cover.seen.y; y < cover.seen.y + cover.seen.height; ++y)
      for (int x = cover.seen.x; x < cover.seen.x + cover.seen.width; ++x) {
        const std::size_t i = cover.index(x, y);
        if (cover.shares[i] == 0) continue;
        const std::array<float, 3> rgb = own(x, y);
        for (std::size_t c = 0; c < 3; ++c) weighted_[c][i] = cover.shares[i] * rgb[c];
      }
  }

  std::array<float, 3> at(int x, int y, float shares_around) const {
    const std::size_t i = cover_.index(x, y);
    if (feather_ < 2 || cover_.shares[i] == 1) return own(x, y);
    std::array<float, 3> rgb;
    for (std::size_t c = 0; c < 3; ++c)
      rgb[c] = sum_around(weighted_[c].data() + i, cover_.stride(), feather_) / shares_around;
    return rgb;
  }

 private:
  std::array<float, 3> own(int x, int y) const {
    std::array<float, 3> rgb;
    sample_area<3>(sight_.photo->rgb, sight_.photo->size, sight_.map, x, y, samples_, rgb.data());
    return rgb;
  }

  const Sight& sight_;
  const Cover& cover_;
  const int feather_, samples_;
  std::array<std::vector<float>, 3> weighted_;  // colors times shares, in the layout of `shares`
};

}  // namespace

bool Cover::holds(int x, int y) const {
  if (x < seen.x || y < seen.y || x >= seen.x + seen.width || y >= seen.y + seen.height) return false;
  return shares[index(x, y)] >= 0.5F;
}

Cover cover_of(const Sight& sight, Size content, int feather) {
  const Extent extent = extent_of(sight.box, inverse(sight.map));
  const Box visible{-feather, -feather, content.width + 2 * feather, content.height + 2 * feather};
  const auto pixel = [](double at) { return int(std::floor(std::clamp(at, -1e6, 1e6))); };
  // One more pixel on each side, so that rounding cannot lose one.
  const Box seen = intersection(pixel(extent.left) - 1, pixel(extent.top) - 1, pixel(extent.right) + 2,
                                pixel(extent.bottom) + 2, visible);
  Cover cover{seen, 2 * feather, {}};
  if (seen.width == 0) return cover;
  cover.shares.resize(std::size_t(cover.stride()) * std::size_t(seen.height + 2 * cover.margin));
  const int samples = samples_for(sight.map);
  for (int y = seen.y; y < seen.y + seen.height; ++y)
    for (int x = seen.x; x < seen.x + seen.width; ++x)
      cover.shares[cover.index(x, y)] = float(count_samples(sight, x, y, samples)) / float(samples * samples);
  return cover;
}

void paste(const Sight& sight, const Cover& cover, const std::array<float, 3>& gain, int feather, std::uint8_t id,
           Clip& clip, int frame) {
  const Box& seen = cover.seen;
  if (seen.width == 0) return;
  const Colours colours(sight, cover, feather);
  const int window = (2 * feather + 1) * (2 * feather + 1);
  const Box drawn = intersection(seen.x - feather, seen.y - feather, seen.x + seen.width + feather,
                                 seen.y + seen.height + feather, {0, 0, clip.content.width, clip.content.height});
  for (int y = drawn.y; y < drawn.y + drawn.height; ++y)
    for (int x = drawn.x; x < drawn.x + drawn.width; ++x) {
      const float shares = sum_around(cover.shares.data() + cover.index(x, y), cover.stride(), feather);
      if (shares <= 0) continue;
      const float alpha = shares / float(window);
      const std::array<float, 3> rgb = colours.at(x, y, shares);
      const std::size_t i = std::size_t(y) * std::size_t(clip.canvas.width) + std::size_t(x);
      for (std::size_t c = 0; c < 3; ++c) {
        std::uint8_t& pixel = clip.image(frame)[c * clip.pixels() + i];
        pixel = std::uint8_t(std::clamp(pixel + alpha * (gain[c] * rgb[c] - pixel) + 0.5F, 0.0F, 255.0F));
      }
      if (cover.holds(x, y)) clip.label(frame)[i] = id;
    }
}

}  // namespace vcl::train
