// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <array>
#include <string>

#include "plugins/draw/palette.hpp"

namespace gstvcl {

/// Draws on a mapped frame of any 8-bit format, in the frame's own colors: no conversion of pixels.
class Painter {
 public:
  /// A color as the frame's components (R, G, B or Y, U, V or Y), then opaque alpha, which only layers take.
  using Color = std::array<int, 4>;

  explicit Painter(GstVideoFrame* frame);
  /// Draws on a layer that is to be blended over a larger picture: an RGB format with alpha, colors multiplied by it.
  /// Its top left pixel is (left, top) of the picture, in whose pixels all places are.
  Painter(GstVideoFrame* layer, int left, int top);

  int width() const { return width_; }
  int height() const { return height_; }
  Color color(Rgb rgb) const;

  /// Moves the pixel towards the color by alpha / 256. Outside of the frame or layer nothing happens.
  void blend(int x, int y, const Color& color, int alpha);
  void fill(int x, int y, int width, int height, const Color& color, int alpha);
  void line(int x0, int y0, int x1, int y1, int thickness, const Color& color);
  /// Digits, '#', '.' and blanks, on a dark ground; `scale`: pixels of a font dot.
  void text(int x, int y, int scale, const std::string& text, const Color& ink);
  static int text_width(int scale, const std::string& text);
  static int text_height(int scale);

 private:
  struct Component {
    guint8* data;
    int stride, pixel_stride;
    int shift_x, shift_y;  // subsampling of chroma
  };
  Painter(GstVideoFrame* frame, int left, int top, int most_components);

  std::array<Component, 4> components_{};
  int component_count_;
  int left_, top_, width_, height_;
  GstVideoInfo info_;
};

}  // namespace gstvcl
