// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/frame.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "libvcl/images/frame_check.hpp"
#include "libvcl/images/plane_layout.hpp"
#include "libvcl/images/triangle_filter.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

void check(const FrameView& frame, const Letterbox& box) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorKind::Invalid, "cannot scale a frame: " + why); };
  const auto inside = [](Size inner, Size outer) {
    return inner.width >= 1 && inner.height >= 1 && inner.width <= outer.width && inner.height <= outer.height;
  };
  if (frame.size != box.source) refuse("its size is not the one that the canvas was made for");
  if (!inside(box.content, box.canvas)) refuse("its place does not lie on the canvas");
  check_frame(frame);
}

/// The coefficients of R = y + red_v v, G = y - green_u u - green_v v, B = y + blue_u u, with y, u, v in 0..255.
struct ColorConversion {
  float y_scale, y_zero, c_scale;
  float red_v, green_u, green_v, blue_u;
};

ColorConversion conversion_of(ColorMatrix matrix, bool full_range) {
  const double red = matrix == ColorMatrix::BT601 ? 0.299 : 0.2126;
  const double blue = matrix == ColorMatrix::BT601 ? 0.114 : 0.0722;
  const double green = 1 - red - blue;
  return {full_range ? 1.0f : 255.0f / 219.0f,
          full_range ? 0.0f : 16.0f,
          full_range ? 1.0f : 255.0f / 224.0f,
          float(2 * (1 - red)),
          float(2 * (1 - blue) * blue / green),
          float(2 * (1 - red) * red / green),
          float(2 * (1 - blue))};
}

/// Converts rows of Y, U, V to R, G, B in place.
void to_rgb(const ColorConversion& k, float* __restrict y, float* __restrict u, float* __restrict v, int length) {
  for (int x = 0; x < length; ++x) {
    const float luma = (y[x] - k.y_zero) * k.y_scale;
    const float cb = (u[x] - 128.0f) * k.c_scale, cr = (v[x] - 128.0f) * k.c_scale;
    y[x] = std::clamp(luma + k.red_v * cr, 0.0f, 255.0f);
    u[x] = std::clamp(luma - k.green_u * cb - k.green_v * cr, 0.0f, 255.0f);
    v[x] = std::clamp(luma + k.blue_u * cb, 0.0f, 255.0f);
  }
}

void pad(const Letterbox& box, const std::array<float, 3>& padding, float* out) {
  for (const float value : padding) {
    for (int y = 0; y < box.canvas.height; ++y, out += box.canvas.width) {
      std::fill(out + (y < box.content.height ? box.content.width : 0), out + box.canvas.width, value);
    }
  }
}

/// Copies a frame in a format of one plane. Gray is copied to all three channels.
void copy_rgb(const FrameView& frame, const PlaneLayout& layout, std::uint8_t* out) {
  std::array<int, 3> channel{};
  for (const auto& route : layout.routes) channel[route.plane] = route.channel;
  for (int y = 0; y < frame.size.height; ++y) {
    const std::uint8_t* pixel = frame.planes[0] + y * frame.strides[0];
    for (int x = 0; x < frame.size.width; ++x, pixel += layout.channels)
      for (const int c : channel) *out++ = pixel[c];
  }
}

}  // namespace

std::vector<PlaneLayout> layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::RGB:
      return {{3, false, {{0, 0}, {1, 1}, {2, 2}}}};
    case PixelFormat::BGR:
      return {{3, false, {{2, 0}, {1, 1}, {0, 2}}}};
    case PixelFormat::RGBX:
      return {{4, false, {{0, 0}, {1, 1}, {2, 2}}}};
    case PixelFormat::BGRX:
      return {{4, false, {{2, 0}, {1, 1}, {0, 2}}}};
    case PixelFormat::XRGB:
      return {{4, false, {{1, 0}, {2, 1}, {3, 2}}}};
    case PixelFormat::XBGR:
      return {{4, false, {{3, 0}, {2, 1}, {1, 2}}}};
    case PixelFormat::GRAY8:
      return {{1, false, {{0, 0}}}};
    case PixelFormat::I420:
      return {{1, false, {{0, 0}}}, {1, true, {{0, 1}}}, {1, true, {{0, 2}}}};
    case PixelFormat::NV12:
      return {{1, false, {{0, 0}}}, {2, true, {{0, 1}, {1, 2}}}};
  }
  throw Error(ErrorKind::Unsupported, "a frame has an unknown pixel format");
}

void check_frame(const FrameView& frame) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorKind::Invalid, "cannot read a frame: " + why); };
  if (frame.size.width < 1 || frame.size.height < 1) refuse("it is empty");
  const std::vector<PlaneLayout> layout = layout_of(frame.format);
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const std::int64_t width = layout[i].half ? (std::int64_t(frame.size.width) + 1) / 2 : frame.size.width;
    const std::int64_t row = width * layout[i].channels, stride = frame.strides[i];
    if (frame.planes[i] == nullptr) refuse("plane " + std::to_string(i) + " is missing");
    if (stride < row && stride > -row) refuse("the stride of plane " + std::to_string(i) + " is shorter than a row");
  }
}

void frame_to_canvas(const FrameView& frame, const Letterbox& letterbox, const std::array<float, 3>& padding,
                     float* out) {
  check(frame, letterbox);
  const std::vector<PlaneLayout> layout = layout_of(frame.format);
  const std::ptrdiff_t row = letterbox.canvas.width, plane = row * letterbox.canvas.height;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const int step = layout[i].half ? 2 : 1;
    const Size samples{frame.size.width / step + frame.size.width % step,
                       frame.size.height / step + frame.size.height % step};
    const BytePlane source{frame.planes[i], frame.strides[i], layout[i].channels, samples};
    std::vector<ChannelTarget> targets;
    for (const auto& [channel, target] : layout[i].routes) targets.push_back({channel, out + target * plane});
    scale_plane(source, triangle_axis(double(frame.size.width) / step, samples.width, letterbox.content.width),
                triangle_axis(double(frame.size.height) / step, samples.height, letterbox.content.height), targets,
                row);
  }
  const bool ycbcr = frame.format == PixelFormat::I420 || frame.format == PixelFormat::NV12;
  const ColorConversion conversion = conversion_of(frame.matrix, frame.full_range);
  for (int y = 0; y < letterbox.content.height; ++y) {
    float* const first = out + y * row;
    if (ycbcr) {  // after scaling: the conversion is linear, and there are fewer pixels by now
      to_rgb(conversion, first, first + plane, first + 2 * plane, letterbox.content.width);
    } else if (frame.format == PixelFormat::GRAY8) {
      std::copy_n(first, letterbox.content.width, first + plane);
      std::copy_n(first, letterbox.content.width, first + 2 * plane);
    }
  }
  pad(letterbox, padding, out);
}

std::vector<std::uint8_t> frame_to_rgb(const FrameView& frame) {
  const auto [width, height] = frame.size;
  const Letterbox whole{frame.size, frame.size, frame.size};
  check(frame, whole);
  const std::vector<PlaneLayout> layout = layout_of(frame.format);
  const std::size_t pixels = std::size_t(width) * height;
  if (pixels > kMaxFramePixels) throw Error(ErrorKind::Invalid, "a frame has more than 2^30 pixels; make it smaller");
  std::vector<std::uint8_t> rgb(3 * pixels);
  if (layout.size() == 1) {
    copy_rgb(frame, layout[0], rgb.data());
    return rgb;
  }
  std::vector<float> planes(3 * pixels);
  frame_to_canvas(frame, whole, {}, planes.data());
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = std::uint8_t(planes[c * pixels + i] + 0.5f);
  return rgb;
}

}  // namespace vcl
