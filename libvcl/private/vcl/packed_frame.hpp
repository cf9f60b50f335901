// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vcl/result.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// The compact form of one frame's results that travels in a video stream. docs/sei.md defines it to the bit.
///
/// Each mask is packed as run lengths of square cells of 2^n pixels (n from 0 to 6), laid from the top left corner of
/// its box. A cell is set if any of its pixels is, so a coarse mask covers the exact one and has the same box. Below
/// that there is the box alone.

/// Fewest bytes that a frame may be allowed: enough for a frame with one box.
inline constexpr std::size_t kMinPackedBytes = 64;
/// Most bytes of a packed frame. The reader refuses longer ones.
inline constexpr std::size_t kMaxPackedBytes = std::size_t(1) << 16;
/// Limits of a frame: its pixels, and the pixels of all boxes together in multiples of the frame's.
inline constexpr std::int64_t kMaxPackedPixels = std::int64_t(1) << 25;
inline constexpr std::int64_t kMaxPackedBoxes = 8;

struct UnpackedFrame {
  FrameResult result;       ///< pts is -1: the stream has it. Areas are those of the masks as received
  bool incomplete = false;  ///< whether the sender left out instances, those with the lowest scores
};

/// Packs a frame into at most `max_bytes`, which lies in [kMinPackedBytes, kMaxPackedBytes]. While it does not fit, the
/// mask that takes the most bytes gets coarser; if all are boxes, the instances with the lowest scores are left out.
/// Left out, too, are instances that unpack_frame() would refuse: those with an empty mask, an id that is 0, 2^63 or
/// more, or that of a better one, and those whose box would exceed the limit of all boxes. Scores are clamped to [0,
/// 1], where NaN becomes 0. Of the frame number, the low 63 bits are kept. Throws Error(Invalid) if the frame has more
/// than kMaxPackedPixels, or if a mask has another size than the frame.
std::vector<std::uint8_t> pack_frame(const FrameResult& frame, std::size_t max_bytes);

/// Unpacks foreign bytes. Returns nothing unless they are exactly one frame of this size within the limits; a frame
/// that states another size is refused before its instances are read. Never throws, but for lack of memory. Memory is
/// at most in proportion to the pixels of the frame.
std::optional<UnpackedFrame> unpack_frame(std::span<const std::uint8_t> bytes, Size size);

}  // namespace vcl
