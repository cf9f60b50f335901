// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/frame_steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "vcl/resize.hpp"

namespace vcl::train {
namespace {

using Plane = std::vector<std::uint8_t>;

std::size_t pixels_of(Size size) {
  return std::size_t(size.width) * std::size_t(size.height);
}

/// Returns the frame with `colours` applied to each channel and `masks` to each row. Both map a plane to one of `size`.
template <typename Colours, typename Masks>
ClipFrame mapped(const ClipFrame& frame, Size size, Colours colours, Masks masks) {
  ClipFrame out{size, {}, {}, frame.ids};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const Plane plane = colours(frame.rgb.data() + channel * pixels_of(frame.size));
    out.rgb.insert(out.rgb.end(), plane.begin(), plane.end());
  }
  for (const Plane& mask : frame.masks) out.masks.push_back(masks(mask.data()));
  return out;
}

/// Returns the input sample of each output along one axis. The positions are accumulated like Pillow's, whose rounding
/// affects the result.
std::vector<int> nearest_samples(int from, int to) {
  const double step = double(from) / to;
  std::vector<int> samples;
  double at = step / 2;
  for (int i = 0; i < to; ++i, at += step) samples.push_back(std::min(int(at), from - 1));
  return samples;
}

Plane nearest(const std::uint8_t* plane, Size from, Size to) {
  const std::vector<int> columns = nearest_samples(from.width, to.width);
  Plane out;
  for (const int row : nearest_samples(from.height, to.height))
    for (const int column : columns) out.push_back(plane[std::ptrdiff_t(row) * from.width + column]);
  return out;
}

// OpenCV's affine warp uses fixed point: positions have 10 fractional bits, of which 5 select the weights. Weights have
// 15 bits.
constexpr int kPositionBits = 10, kWeightBits = 15, kSubpixelBits = 5, kSubpixels = 1 << kSubpixelBits;

/// A map from output pixels to input positions.
struct InverseMap {
  double xx, xy, x0, yx, yy, y0;
};

InverseMap inverse_rotation(double degrees, float x, float y) {
  const double angle = degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double forward_x0 = (1 - cosine) * x - sine * y, forward_y0 = sine * x + (1 - cosine) * y;
  const double scale = 1 / (cosine * cosine + sine * sine);
  InverseMap map{cosine * scale, -sine * scale, 0, sine * scale, cosine * scale, 0};
  map.x0 = -map.xx * forward_x0 - map.xy * forward_y0;
  map.y0 = -map.yx * forward_x0 - map.yy * forward_y0;
  return map;
}

int fixed(double position) {
  return int(std::lrint(position * (1 << kPositionBits)));
}

/// Calls sample(x, y) for each output pixel with its input position in fixed point, rounded to 1 / `steps` pixel.
template <typename Sample>
Plane warped(Size size, const InverseMap& map, int steps, Sample sample) {
  Plane out;
  const int half = (1 << kPositionBits) / steps / 2;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      out.push_back(sample(fixed(map.xy * y + map.x0) + half + fixed(map.xx * x),
                           fixed(map.yy * y + map.y0) + half + fixed(map.yx * x)));
  return out;
}

int value_at(const std::uint8_t* plane, Size size, int x, int y) {
  const bool inside = x >= 0 && y >= 0 && x < size.width && y < size.height;
  return inside ? plane[std::ptrdiff_t(y) * size.width + x] : 0;
}

std::uint8_t bilinear_at(const std::uint8_t* plane, Size size, int fixed_x, int fixed_y) {
  constexpr int kDropped = kPositionBits - kSubpixelBits, kScale = (1 << kWeightBits) / (kSubpixels * kSubpixels);
  const int at_x = fixed_x >> kDropped, at_y = fixed_y >> kDropped;
  const int x = at_x >> kSubpixelBits, y = at_y >> kSubpixelBits;
  const int right = at_x & (kSubpixels - 1), lower = at_y & (kSubpixels - 1);
  const int left = kSubpixels - right, upper = kSubpixels - lower;
  const int sum = upper * (left * value_at(plane, size, x, y) + right * value_at(plane, size, x + 1, y)) +
                  lower * (left * value_at(plane, size, x, y + 1) + right * value_at(plane, size, x + 1, y + 1));
  return std::uint8_t((sum * kScale + (1 << (kWeightBits - 1))) >> kWeightBits);
}

}  // namespace

ClipFrame cropped(const ClipFrame& frame, int x, int y, Size size) {
  const auto crop = [&](const std::uint8_t* plane) {
    Plane out;
    for (int row = y; row < y + size.height; ++row) {
      const std::uint8_t* start = plane + std::ptrdiff_t(row) * frame.size.width + x;
      out.insert(out.end(), start, start + size.width);
    }
    return out;
  };
  return mapped(frame, size, crop, crop);
}

Size resized_sides(Size size, int short_edge, int longest) {
  double scale = double(short_edge) / std::min(size.width, size.height);
  double width = size.width <= size.height ? short_edge : scale * size.width;
  double height = size.width <= size.height ? scale * size.height : short_edge;
  if (std::max(width, height) > longest) {
    scale = longest / std::max(width, height);
    width *= scale;
    height *= scale;
  }
  return {int(width + 0.5), int(height + 0.5)};
}

ClipFrame resized(const ClipFrame& frame, Size to) {
  return mapped(
      frame, to,
      [&](const std::uint8_t* plane) { return resize_bytes(plane, frame.size, 1, to, ResizeFilter::Bilinear); },
      [&](const std::uint8_t* plane) { return nearest(plane, frame.size, to); });
}

ClipFrame mirrored(const ClipFrame& frame) {
  const auto mirror = [&](const std::uint8_t* plane) {
    Plane out(plane, plane + pixels_of(frame.size));
    for (auto row = out.begin(); row != out.end(); row += frame.size.width) std::reverse(row, row + frame.size.width);
    return out;
  };
  return mapped(frame, frame.size, mirror, mirror);
}

void blend(ClipFrame& frame, float weight, float other) {
  for (std::uint8_t& value : frame.rgb) value = std::uint8_t(std::clamp(other + weight * float(value), 0.0F, 255.0F));
}

double mean_value(const ClipFrame& frame) {
  return double(std::accumulate(frame.rgb.begin(), frame.rgb.end(), std::uint64_t(0))) / double(frame.rgb.size());
}

ClipFrame rotated(const ClipFrame& frame, double degrees, double x, double y) {
  // In OpenCV, pixel centers are at integers.
  const InverseMap map = inverse_rotation(degrees, float(x - 0.5), float(y - 0.5));
  return mapped(
      frame, frame.size,
      [&](const std::uint8_t* plane) {
        return warped(frame.size, map, kSubpixels,
                      [&](int at_x, int at_y) { return bilinear_at(plane, frame.size, at_x, at_y); });
      },
      [&](const std::uint8_t* plane) {
        return warped(frame.size, map, 1, [&](int at_x, int at_y) {
          return std::uint8_t(value_at(plane, frame.size, at_x >> kPositionBits, at_y >> kPositionBits));
        });
      });
}

}  // namespace vcl::train
