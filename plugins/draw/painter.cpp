// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/draw/painter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gstvcl {
namespace {

constexpr int kGlyphWidth = 5, kGlyphHeight = 7;

// Five bits per row, the leftmost pixel in the most significant bit.
using Glyph = std::array<guint8, kGlyphHeight>;

constexpr std::array<Glyph, 10> kDigits = {{{14, 17, 19, 21, 25, 17, 14},
                                            {4, 12, 4, 4, 4, 4, 14},
                                            {14, 17, 1, 2, 4, 8, 31},
                                            {31, 2, 4, 2, 1, 17, 14},
                                            {2, 6, 10, 18, 31, 2, 2},
                                            {31, 16, 30, 1, 1, 17, 14},
                                            {6, 8, 16, 30, 17, 17, 14},
                                            {31, 1, 2, 4, 8, 8, 8},
                                            {14, 17, 17, 14, 17, 17, 14},
                                            {14, 17, 17, 15, 1, 2, 12}}};
constexpr Glyph kHash = {10, 10, 31, 10, 31, 10, 10};
constexpr Glyph kPoint = {0, 0, 0, 0, 0, 12, 12};

Glyph glyph(char character) {
  if (character >= '0' && character <= '9') return kDigits[std::size_t(character - '0')];
  if (character == '#') return kHash;
  if (character == '.') return kPoint;
  return {};
}

}  // namespace

Painter::Painter(GstVideoFrame* frame) : Painter(frame, 0, 0, 3) {}

Painter::Painter(GstVideoFrame* layer, int left, int top) : Painter(layer, left, top, 4) {}

Painter::Painter(GstVideoFrame* frame, int left, int top, int most_components)
    : component_count_(std::min(most_components, int(GST_VIDEO_FRAME_N_COMPONENTS(frame)))),
      left_(left),
      top_(top),
      width_(GST_VIDEO_FRAME_WIDTH(frame)),
      height_(GST_VIDEO_FRAME_HEIGHT(frame)),
      info_(frame->info) {
  for (int c = 0; c < component_count_; ++c)
    components_[std::size_t(c)] = {static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(frame, c)),
                                   GST_VIDEO_FRAME_COMP_STRIDE(frame, c), GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c),
                                   int(GST_VIDEO_FORMAT_INFO_W_SUB(info_.finfo, c)),
                                   int(GST_VIDEO_FORMAT_INFO_H_SUB(info_.finfo, c))};
}

Painter::Color Painter::color(Rgb rgb) const {
  if (GST_VIDEO_INFO_IS_RGB(&info_)) return {rgb.r, rgb.g, rgb.b, 255};
  gdouble kr = 0.299, kb = 0.114;  // kept if the matrix is unknown, as it is for GRAY8
  gst_video_color_matrix_get_Kr_Kb(info_.colorimetry.matrix, &kr, &kb);
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  gst_video_color_range_offsets(info_.colorimetry.range, info_.finfo, offset, scale);
  const double r = rgb.r / 255.0, g = rgb.g / 255.0, b = rgb.b / 255.0;
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  const double u = (b - y) / (2 * (1 - kb)), v = (r - y) / (2 * (1 - kr));
  const auto code = [&](int c, double value) {
    return std::clamp(int(std::lround(offset[c] + scale[c] * value)), 0, 255);
  };
  return component_count_ == 1 ? Color{code(0, y), 0, 0, 255} : Color{code(0, y), code(1, u), code(2, v), 255};
}

void Painter::blend(int x, int y, const Color& color, int alpha) {
  x -= left_;
  y -= top_;
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  for (int c = 0; c < component_count_; ++c) {
    const Component& component = components_[std::size_t(c)];
    const int mask_x = (1 << component.shift_x) - 1, mask_y = (1 << component.shift_y) - 1;
    if ((x & mask_x) != 0 || (y & mask_y) != 0) continue;  // the pixel at the corner sets the chroma sample
    guint8& value = component.data[std::ptrdiff_t(y >> component.shift_y) * component.stride +
                                   std::ptrdiff_t(x >> component.shift_x) * component.pixel_stride];
    value = guint8(value + (color[std::size_t(c)] - value) * alpha / 256);
  }
}

void Painter::fill(int x, int y, int width, int height, const Color& color, int alpha) {
  for (int row = std::max(y, top_); row < std::min(y + height, top_ + height_); ++row)
    for (int column = std::max(x, left_); column < std::min(x + width, left_ + width_); ++column)
      blend(column, row, color, alpha);
}

void Painter::line(int x0, int y0, int x1, int y1, int thickness, const Color& color) {
  const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
  for (int i = 0; i <= steps; ++i) {
    const int x = x0 + (x1 - x0) * i / steps, y = y0 + (y1 - y0) * i / steps;
    fill(x - thickness / 2, y - thickness / 2, thickness, thickness, color, 256);
  }
}

int Painter::text_width(int scale, const std::string& text) {
  return (int(text.size()) * (kGlyphWidth + 1) + 1) * scale;
}

int Painter::text_height(int scale) {
  return (kGlyphHeight + 2) * scale;
}

void Painter::text(int x, int y, int scale, const std::string& text, const Color& ink) {
  fill(x, y, text_width(scale, text), text_height(scale), color({}), 176);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Glyph rows = glyph(text[i]);
    const int left = x + scale * (1 + int(i) * (kGlyphWidth + 1));
    for (int row = 0; row < kGlyphHeight; ++row)
      for (int column = 0; column < kGlyphWidth; ++column)
        if (rows[std::size_t(row)] >> (kGlyphWidth - 1 - column) & 1)
          fill(left + column * scale, y + (row + 1) * scale, scale, scale, ink, 256);
  }
}

}  // namespace gstvcl
