// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace [[gnu::visibility("default")]] vcl {

/// Axis-aligned box in pixels: [x, x + width) x [y, y + height). All zero when empty.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

/// Intersection over union; 0 when both are empty.
double box_iou(const Box& a, const Box& b);

/// How a source frame lies in the network's canvas: scaled evenly, placed at the top left, the rest
/// (right and bottom) padded, as the paper's inference does (method.md 5.1 and 6).
struct Letterbox {
  Size source;   ///< pixels of the frame
  Size content;  ///< pixels of the canvas that the frame covers, each side at least 1
  Size canvas;   ///< pixels of the network input, both multiples of the stride

  /// Canvas coordinates (pixel edges, continuous) to source coordinates, and back. Exact inverses up
  /// to rounding in double.
  double to_source_x(double x) const { return x * source.width / content.width; }
  double to_source_y(double y) const { return y * source.height / content.height; }
  double to_canvas_x(double x) const { return x * content.width / source.width; }
  double to_canvas_y(double y) const { return y * content.height / source.height; }
};

/// Largest canvas.
inline constexpr std::int64_t kMaxCanvasPixels = std::int64_t(1) << 26;

/// The canvas for frames of size `source`: of all sizes that are multiples of `stride` with at most
/// `pixels` pixels, the one in which the evenly scaled frame covers the most pixels (ties: fewest
/// canvas pixels, then the wider one). Small frames are scaled up; sides of the content are rounded to
/// whole pixels, and never fall below one whatever the aspect ratio.
/// Throws Error(Invalid) for an empty source, a stride below 1, fewer pixels than one stride cell or
/// more than kMaxCanvasPixels.
Letterbox letterbox_fit(Size source, std::int64_t pixels, int stride);

}  // namespace vcl
