// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// The pixels (0 or 1) of the mask inside `box`, a mask of the box's size. Throws Error(Invalid)
/// unless the box lies within the frame.
Mask rle_crop(const Rle& rle, Box box);

/// The reverse: a mask of size `frame`, empty but for `crop` with its top left pixel at (x, y).
/// Throws Error(Invalid) unless the crop lies within the frame.
Rle rle_from_crop(const Mask& crop, int x, int y, Size frame);

/// The same object in the frame scaled to `size`: every pixel takes the value under its centre. A mask
/// that would vanish keeps one pixel at the centre of its box, so that its track is not lost.
/// Throws Error(Invalid) for an empty size or one above kMaxMaskPixels.
Rle rle_scale(const Rle& rle, Size size);

}  // namespace vcl
