// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/resize.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kFractionBits = 22;

double lanczos(double x) {
  const auto sinc = [](double t) { return t == 0 ? 1.0 : std::sin(std::numbers::pi * t) / (std::numbers::pi * t); };
  return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double bilinear(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

struct Filter {
  double support;  // source pixels to each side, if the size is not reduced
  double (*weight)(double);
};

Filter filter_of(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::Lanczos:
      return {3, lanczos};
    case ResizeFilter::Bicubic:
      return {2, bicubic};
    case ResizeFilter::Bilinear:
      return {1, bilinear};
  }
  throw Error(ErrorKind::Invalid, "an unknown resize filter");
}

// The source pixels of one destination pixel, with fixed-point weights.
struct Taps {
  int first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Taps> taps_for(int from, int to, ResizeFilter filter) {
  const double scale = double(from) / to, width = std::max(scale, 1.0);
  const auto [reach, weight_at] = filter_of(filter);
  const double support = reach * width;
  std::vector<Taps> all(to);
  for (int x = 0; x < to; ++x) {
    const double centre = (x + 0.5) * scale;
    const int first = std::max(0, int(centre - support + 0.5)), end = std::min(from, int(centre + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int i = first; i < end; ++i) {
      weights.push_back(weight_at((i - centre + 0.5) / width));
      sum += weights.back();
    }
    all[x].first = first;
    for (double weight : weights)
      all[x].weights.push_back(std::int32_t(std::round(weight / sum * (1 << kFractionBits))));
  }
  return all;
}

// Returns the weighted sum over samples that are `step` bytes apart.
std::uint8_t weigh(const std::uint8_t* samples, std::ptrdiff_t step, const Taps& taps) {
  std::int64_t sum = 1 << (kFractionBits - 1);
  samples += taps.first * step;
  for (std::int32_t weight : taps.weights) {
    sum += std::int64_t(*samples) * weight;
    samples += step;
  }
  return std::uint8_t(std::clamp<std::int64_t>(sum >> kFractionBits, 0, 255));
}

std::vector<std::uint8_t> resize_rows(const std::uint8_t* pixels, Size from, int channels, int width,
                                      ResizeFilter filter) {
  const auto taps = taps_for(from.width, width, filter);
  const std::size_t row = std::size_t(from.width) * channels;
  std::vector<std::uint8_t> result(std::size_t(width) * channels * from.height);
  std::uint8_t* out = result.data();
  for (int y = 0; y < from.height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) *out++ = weigh(pixels + y * row + c, channels, taps[x]);
  return result;
}

}  // namespace

std::vector<std::uint8_t> resize_bytes(const std::uint8_t* pixels, Size from, int channels, Size to,
                                       ResizeFilter filter) {
  if (from.width < 1 || from.height < 1 || to.width < 1 || to.height < 1 || channels < 1)
    throw Error(ErrorKind::Invalid, "an image of no pixels cannot be resized");
  std::vector<std::uint8_t> wide;
  if (to.width != from.width) {
    wide = resize_rows(pixels, from, channels, to.width, filter);
    pixels = wide.data();
  }
  const std::size_t row = std::size_t(to.width) * channels;
  if (to.height == from.height) return wide.empty() ? std::vector(pixels, pixels + row * to.height) : wide;

  const auto taps = taps_for(from.height, to.height, filter);
  std::vector<std::uint8_t> result(row * to.height);
  for (int y = 0; y < to.height; ++y)
    for (std::size_t x = 0; x < row; ++x) result[y * row + x] = weigh(pixels + x, std::ptrdiff_t(row), taps[y]);
  return result;
}

}  // namespace vcl
