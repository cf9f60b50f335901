// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <array>
#include <string>

#include "plugins/draw/palette.hpp"

namespace gstvcl {

/// Draws on a mapped frame of any 8-bit format, in the frame's own color space, without converting pixels.
class Painter {
 public:
  /// A color in the frame's components (R, G, B or Y, U, V or Y), followed by opaque alpha, which only layers use.
  using Color = std::array<int, 4>;

  explicit Painter(GstVideoFrame* frame);
  /// Draws on a layer that will be blended over a larger picture. Its format is RGB with premultiplied alpha. The top
  /// left pixel of the layer is at (left, top) of the picture. All coordinates are those of the picture.
  Painter(GstVideoFrame* layer, int left, int top);

  int width() const { return width_; }
  int height() const { return height_; }
  Color color(Rgb rgb) const;

  /// Moves the pixel toward the color by alpha / 256. Pixels outside of the frame or layer are ignored.
  void blend(int x, int y, const Color& color, int alpha);
  void fill(int x, int y, int width, int height, const Color& color, int alpha);
  void line(int x0, int y0, int x1, int y1, int thickness, const Color& color);
  /// Draws digits, '#', '.' and blanks on a dark background. `scale` is the size of a font dot in pixels.
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
