// SPDX-License-Identifier: LGPL-2.1-or-later
// Scaling and colours against a plain computation in double, and against what must hold without any reference.
#include "vcl/frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Rng;
using test::uniform;

// Sums of at most a few hundred products of bytes in float: 255 * 2^-24 * terms, with the colour gain of about 2.
constexpr double kTolerance = 5e-3;

constexpr std::array kFormats{PixelFormat::RGB,   PixelFormat::BGR,  PixelFormat::RGBX,
                              PixelFormat::BGRX,  PixelFormat::XRGB, PixelFormat::XBGR,
                              PixelFormat::GRAY8, PixelFormat::I420, PixelFormat::NV12};

bool is_ycbcr(PixelFormat format) {
  return format == PixelFormat::I420 || format == PixelFormat::NV12;
}

/// A frame and its memory: every plane has just the bytes that its rows need, so that a sanitizer sees any step beside.
struct Frame {
  FrameView view;
  std::array<std::vector<std::uint8_t>, 3> memory;
};

/// Bytes of a row and number of rows of each plane.
std::vector<Size> plane_sizes(PixelFormat format, Size size) {
  const Size half{(size.width + 1) / 2, (size.height + 1) / 2};
  switch (format) {
    case PixelFormat::RGB:
    case PixelFormat::BGR:
      return {{3 * size.width, size.height}};
    case PixelFormat::GRAY8:
      return {size};
    case PixelFormat::I420:
      return {size, half, half};
    case PixelFormat::NV12:
      return {size, {2 * half.width, half.height}};
    default:
      return {{4 * size.width, size.height}};
  }
}

/// `value(plane, byte of the row, row)`; strides are odd, and negative (bottom-up) at times.
Frame make_frame(Rng& rng, PixelFormat format, Size size, const std::function<int(int, int, int)>& value) {
  Frame frame;
  frame.view.size = size;
  frame.view.format = format;
  const std::vector<Size> sizes = plane_sizes(format, size);
  for (std::size_t plane = 0; plane < sizes.size(); ++plane) {
    const auto [bytes, rows] = sizes[plane];
    const int stride = bytes + uniform(rng, 0, 9);
    const bool upward = uniform(rng, 0, 3) == 0;
    frame.memory[plane].resize(std::size_t(stride) * (rows - 1) + bytes);
    for (std::uint8_t& byte : frame.memory[plane]) byte = std::uint8_t(uniform(rng, 0, 255));
    std::uint8_t* const first = frame.memory[plane].data() + (upward ? std::ptrdiff_t(stride) * (rows - 1) : 0);
    frame.view.planes[plane] = first;
    frame.view.strides[plane] = upward ? -stride : stride;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < bytes; ++x) first[y * frame.view.strides[plane] + x] = std::uint8_t(value(int(plane), x, y));
    }
  }
  return frame;
}

Frame random_frame(Rng& rng, PixelFormat format, Size size) {
  return make_frame(rng, format, size, [&](int, int, int) { return uniform(rng, 0, 255); });
}

Letterbox random_letterbox(Rng& rng, Size source) {
  const Size content{uniform(rng, 1, 24), uniform(rng, 1, 24)};
  return {source, content, {content.width + uniform(rng, 0, 5), content.height + uniform(rng, 0, 5)}};
}

/// The triangle's weight of input sample `s` for output `i`, before the sum is made 1.
double triangle(int s, int i, double scale) {
  return std::max(0.0, 1 - std::abs(s + 0.5 - (i + 0.5) * scale) / std::max(scale, 1.0));
}

/// One filtered sample of a channel, every input sample looked at. `step`: 2 where the plane is halved.
double filtered(const FrameView& frame, int plane, int channels, int channel, int step, Size content, int x, int y) {
  const Size samples{(frame.size.width + step - 1) / step, (frame.size.height + step - 1) / step};
  const double x_scale = double(frame.size.width) / step / content.width;
  const double y_scale = double(frame.size.height) / step / content.height;
  double sum = 0, weights = 0;
  for (int row = 0; row < samples.height; ++row) {
    for (int col = 0; col < samples.width; ++col) {
      const double weight = triangle(col, x, x_scale) * triangle(row, y, y_scale);
      sum += weight * frame.planes[plane][row * frame.strides[plane] + col * channels + channel];
      weights += weight;
    }
  }
  return sum / weights;
}

std::array<double, 3> rgb_from_ycbcr(const FrameView& frame, double y, double cb, double cr) {
  const double red = frame.matrix == ColorMatrix::BT709 ? 0.2126 : 0.299;
  const double blue = frame.matrix == ColorMatrix::BT709 ? 0.0722 : 0.114;
  const double luma = frame.full_range ? y / 255 : (y - 16) / 219;
  const double pb = (cb - 128) / (frame.full_range ? 255 : 224), pr = (cr - 128) / (frame.full_range ? 255 : 224);
  const double r = luma + 2 * (1 - red) * pr, b = luma + 2 * (1 - blue) * pb;
  const double g = (luma - red * r - blue * b) / (1 - red - blue);
  return {255 * std::clamp(r, 0.0, 1.0), 255 * std::clamp(g, 0.0, 1.0), 255 * std::clamp(b, 0.0, 1.0)};
}

std::array<double, 3> reference_pixel(const FrameView& frame, Size content, int x, int y) {
  const auto sample = [&](int plane, int channels, int channel, int step = 1) {
    return filtered(frame, plane, channels, channel, step, content, x, y);
  };
  const auto packed = [&](int channels, int r, int g, int b) -> std::array<double, 3> {
    return {sample(0, channels, r), sample(0, channels, g), sample(0, channels, b)};
  };
  switch (frame.format) {
    case PixelFormat::RGB:
      return packed(3, 0, 1, 2);
    case PixelFormat::BGR:
      return packed(3, 2, 1, 0);
    case PixelFormat::RGBX:
      return packed(4, 0, 1, 2);
    case PixelFormat::BGRX:
      return packed(4, 2, 1, 0);
    case PixelFormat::XRGB:
      return packed(4, 1, 2, 3);
    case PixelFormat::XBGR:
      return packed(4, 3, 2, 1);
    case PixelFormat::GRAY8:
      return packed(1, 0, 0, 0);
    case PixelFormat::I420:
      return rgb_from_ycbcr(frame, sample(0, 1, 0), sample(1, 1, 0, 2), sample(2, 1, 0, 2));
    case PixelFormat::NV12:
      return rgb_from_ycbcr(frame, sample(0, 1, 0), sample(1, 2, 0, 2), sample(1, 2, 1, 2));
  }
  return {};
}

std::vector<float> canvas_of(const FrameView& frame, const Letterbox& box) {
  std::vector<float> out(3 * std::size_t(box.canvas.width) * box.canvas.height, -1000.0f);
  frame_to_canvas(frame, box, {1.5f, 2.5f, 3.5f}, out.data());
  return out;
}

float pixel(const std::vector<float>& out, const Letterbox& box, int channel, int x, int y) {
  return out[(std::size_t(channel) * box.canvas.height + y) * box.canvas.width + x];
}

TEST(FrameToCanvas, EqualsThePlainComputation) {
  Rng rng(1);
  for (int trial = 0; trial < 400; ++trial) {
    const PixelFormat format = kFormats[std::size_t(trial) % kFormats.size()];
    Frame frame = random_frame(rng, format, {uniform(rng, 1, 40), uniform(rng, 1, 40)});
    frame.view.matrix = uniform(rng, 0, 1) ? ColorMatrix::BT601 : ColorMatrix::BT709;
    frame.view.full_range = uniform(rng, 0, 1);
    const Letterbox box = random_letterbox(rng, frame.view.size);
    const std::vector<float> out = canvas_of(frame.view, box);
    double worst = 0;
    for (int y = 0; y < box.canvas.height; ++y) {
      for (int x = 0; x < box.canvas.width; ++x) {
        const bool inside = x < box.content.width && y < box.content.height;
        const auto expected = inside ? reference_pixel(frame.view, box.content, x, y) : std::array{1.5, 2.5, 3.5};
        for (int c = 0; c < 3; ++c)
          worst = std::max(worst, std::abs(pixel(out, box, c, x, y) - expected[std::size_t(c)]));
      }
    }
    ASSERT_LT(worst, kTolerance) << "trial " << trial << ", format " << int(format);
  }
}

TEST(FrameToCanvas, KeepsTheSizeAndValuesOfAnUnscaledFrame) {
  Rng rng(2);
  const Frame frame = random_frame(rng, PixelFormat::RGB, {17, 11});
  const Letterbox box{{17, 11}, {17, 11}, {17, 11}};
  const std::vector<float> out = canvas_of(frame.view, box);
  for (int y = 0; y < 11; ++y) {
    for (int x = 0; x < 17; ++x) {
      for (int c = 0; c < 3; ++c) {
        EXPECT_NEAR(pixel(out, box, c, x, y), frame.view.planes[0][y * frame.view.strides[0] + 3 * x + c], 1e-4);
      }
    }
  }
}

TEST(FrameToCanvas, ARampStaysARamp) {  // catches every shift by a fraction of a pixel, of chroma too
  Rng rng(3);
  for (const PixelFormat format : {PixelFormat::GRAY8, PixelFormat::I420}) {
    // The luma of column x is 3 x + 16; chroma stands for two columns, and so has its middle's value.
    const Frame frame =
        make_frame(rng, format, {60, 8}, [](int plane, int x, int) { return plane == 0 ? 3 * x + 16 : 98 + x; });
    const Letterbox box{{60, 8}, {15, 2}, {15, 2}};
    const std::vector<float> out = canvas_of(frame.view, box);
    for (int x = 2; x < 13; ++x) {
      const double center = (x + 0.5) * 4;  // in source pixels
      const double luma = 3 * (center - 0.5) + 16, chroma = 98 + (center / 2 - 0.5);
      const auto expected =
          is_ycbcr(format) ? rgb_from_ycbcr(frame.view, luma, chroma, chroma) : std::array{luma, luma, luma};
      for (int c = 0; c < 3; ++c) EXPECT_NEAR(pixel(out, box, c, x, 1), expected[std::size_t(c)], kTolerance);
    }
  }
}

TEST(FrameToCanvas, KnownColours) {
  struct Colour {
    std::array<int, 3> ycbcr, rgb;
  };
  // ITU-R BT.601 and BT.709 colour bars at full saturation, limited range; bytes are rounded, hence +-2.
  const std::vector<std::pair<ColorMatrix, Colour>> bars{
      {ColorMatrix::BT601, {{81, 90, 240}, {255, 0, 0}}},      {ColorMatrix::BT601, {{145, 54, 34}, {0, 255, 0}}},
      {ColorMatrix::BT601, {{41, 240, 110}, {0, 0, 255}}},     {ColorMatrix::BT709, {{63, 102, 240}, {255, 0, 0}}},
      {ColorMatrix::BT709, {{173, 42, 26}, {0, 255, 0}}},      {ColorMatrix::BT709, {{32, 240, 118}, {0, 0, 255}}},
      {ColorMatrix::BT601, {{235, 128, 128}, {255, 255, 255}}}};
  Rng rng(4);
  for (const PixelFormat format : {PixelFormat::I420, PixelFormat::NV12}) {
    for (const auto& [matrix, colour] : bars) {
      Frame frame = make_frame(rng, format, {31, 17}, [&, &colour = colour](int plane, int x, int) {
        const int chroma = format == PixelFormat::NV12 ? 1 + x % 2 : plane;
        return colour.ycbcr[std::size_t(plane == 0 ? 0 : chroma)];
      });
      frame.view.matrix = matrix;
      const Letterbox box = letterbox_fit({31, 17}, 16 * 16, 8);
      const std::vector<float> out = canvas_of(frame.view, box);
      for (int c = 0; c < 3; ++c) {
        EXPECT_NEAR(pixel(out, box, c, 0, 0), colour.rgb[std::size_t(c)], 2);
        EXPECT_NEAR(pixel(out, box, c, box.content.width - 1, box.content.height - 1), colour.rgb[std::size_t(c)], 2);
      }
    }
  }
}

TEST(FrameToCanvas, RefusesFramesThatCannotBeRead) {
  Rng rng(5);
  for (const PixelFormat format : kFormats) {
    Frame frame = random_frame(rng, format, {9, 7});
    const Letterbox box = letterbox_fit({9, 7}, 64 * 64, 8);
    std::vector<float> out(3 * std::size_t(box.canvas.width) * box.canvas.height);
    const auto scale = [&](const FrameView& view, const Letterbox& place) {
      frame_to_canvas(view, place, {}, out.data());
    };
    EXPECT_NO_THROW(scale(frame.view, box));
    for (std::size_t plane = 0; plane < plane_sizes(format, {9, 7}).size(); ++plane) {
      FrameView broken = frame.view;
      broken.planes[plane] = nullptr;
      EXPECT_THROW(scale(broken, box), Error);
      broken = frame.view;
      broken.strides[plane] = plane_sizes(format, {9, 7})[plane].width - 1;
      EXPECT_THROW(scale(broken, box), Error);
    }
    FrameView other = frame.view;
    other.size.width = 8;
    EXPECT_THROW(scale(other, box), Error);
    Letterbox outside = box;
    outside.content.width = outside.canvas.width + 1;
    EXPECT_THROW(scale(frame.view, outside), Error);
    outside.content.width = 0;
    EXPECT_THROW(scale(frame.view, outside), Error);
  }
}

}  // namespace
}  // namespace vcl
