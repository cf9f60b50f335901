// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Byte order in memory; X is a byte to ignore (alpha formats use the same layouts).
enum class PixelFormat { RGB, BGR, RGBX, BGRX, XRGB, XBGR, GRAY8, I420, NV12 };

/// YCbCr to RGB conversion of I420 and NV12 frames.
enum class ColorMatrix { BT601, BT709 };

/// A frame that somebody else owns; valid only during the call that it is passed to.
struct FrameView {
  Size size;
  PixelFormat format = PixelFormat::RGB;
  ColorMatrix matrix = ColorMatrix::BT601;
  bool full_range = false;                      ///< of I420 and NV12
  std::array<const std::uint8_t*, 3> planes{};  ///< I420: Y, U, V; NV12: Y, UV; else one plane
  std::array<std::ptrdiff_t, 3> strides{};      ///< bytes from row to row of each plane
};

/// Scales the frame into its place on the canvas with a triangle filter as wide as the reduction
/// (no aliasing) and writes planar RGB, float 0..255: out[3 * canvas.height * canvas.width]. The
/// padding right and below is set to `padding` (one value for each channel). Chroma samples count as lying in the
/// middle of their pixels; colours out of range are clamped. Throws Error(Invalid) when a plane is missing, a
/// stride is shorter than a row (it may be negative: bottom-up), or the letterbox is not of this frame's size.
void frame_to_canvas(const FrameView& frame, const Letterbox& letterbox, const std::array<float, 3>& padding,
                     float* out);

/// The frame as packed RGB bytes [height, width, 3] of its own size; to the byte where it is RGB in any order. Throws
/// Error(Invalid) as above, and above kMaxFramePixels.
std::vector<std::uint8_t> frame_to_rgb(const FrameView& frame);
inline constexpr std::int64_t kMaxFramePixels = std::int64_t(1) << 30;

}  // namespace vcl
