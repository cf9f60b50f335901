// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace [[gnu::visibility("default")]] vcl {

/// An axis-aligned box in pixels: [x, x + width) x [y, y + height). All values are 0 if it is empty.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

/// Width and height in pixels, unless stated otherwise.
struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

/// Returns the intersection over union, or 0 if both boxes are empty.
double box_iou(const Box& a, const Box& b);

/// How a source frame lies on the network's canvas. It is scaled evenly and placed at the top left. The rest, to the
/// right and below, is padding, as in the paper's inference (method.md 5.1 and 6.2).
struct Letterbox {
  Size source;   ///< pixels of the frame
  Size content;  ///< pixels of the canvas that the frame covers; each side is at least 1
  Size canvas;   ///< pixels of the network's input; both sides are multiples of the stride

  /// Map continuous canvas coordinates (of pixel edges) to source coordinates, and back. They are exact inverses up to
  /// rounding in double.
  double to_source_x(double x) const { return x * source.width / content.width; }
  double to_source_y(double y) const { return y * source.height / content.height; }
  double to_canvas_x(double x) const { return x * content.width / source.width; }
  double to_canvas_y(double y) const { return y * content.height / source.height; }
};

/// Maximum number of pixels of a canvas.
inline constexpr std::int64_t kMaxCanvasPixels = std::int64_t(1) << 26;

/// Returns the canvas for frames of size `source`. Of all sizes that are multiples of `stride` and have at most
/// `pixels` pixels, it is the one in which the evenly scaled frame covers the most pixels. If several do, it is the one
/// with the fewest pixels, then the wider one. Small frames are scaled up. Sides of the content are rounded to whole
/// pixels, and are at least 1 whatever the aspect ratio. Throws Error(Invalid) if the source is empty, if the stride is
/// below 1, or if `pixels` is less than one stride cell or more than kMaxCanvasPixels.
Letterbox letterbox_fit(Size source, std::int64_t pixels, int stride);

}  // namespace vcl
