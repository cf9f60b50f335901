// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Byte order in memory. X is a byte that is ignored; formats with alpha use the same layouts.
enum class PixelFormat { RGB, BGR, RGBX, BGRX, XRGB, XBGR, GRAY8, I420, NV12 };

/// YCbCr to RGB conversion of I420 and NV12 frames.
enum class ColorMatrix { BT601, BT709 };

/// A frame that the caller owns. It must stay valid only during the call that it is passed to.
struct FrameView {
  Size size;
  PixelFormat format = PixelFormat::RGB;
  ColorMatrix matrix = ColorMatrix::BT601;
  bool full_range = false;  ///< I420 and NV12: luma is 0 to 255 instead of 16 to 235
  /// First byte of the top row; I420: Y, U, V; NV12: Y, UV; others: one plane.
  std::array<const std::uint8_t*, 3> planes{};
  /// Bytes from row to row of each plane; negative: rows are stored bottom-up.
  std::array<std::ptrdiff_t, 3> strides{};
};

/// Scales the frame into its place on the canvas and writes planar RGB as float32 of 0 to 255: out[3 * canvas.height *
/// canvas.width]. The filter is a triangle as wide as the reduction, so there is no aliasing. The area to the right and
/// below is set to `padding` (one value per channel). Chroma samples count as lying in the middle of their pixels.
/// Colors out of range are clamped. Throws Error(Invalid) if a plane is missing, if a stride is shorter than a row (its
/// sign does not matter), or if the letterbox is for another frame size.
void frame_to_canvas(const FrameView& frame, const Letterbox& letterbox, const std::array<float, 3>& padding,
                     float* out);

/// Returns the frame as packed RGB bytes [height, width, 3] in its own size. Frames that are RGB in any byte order keep
/// their exact values. Throws Error(Invalid) as above, and if the frame has more than kMaxFramePixels.
std::vector<std::uint8_t> frame_to_rgb(const FrameView& frame);
/// Maximum number of pixels of a frame.
inline constexpr std::int64_t kMaxFramePixels = std::int64_t(1) << 30;

}  // namespace vcl
