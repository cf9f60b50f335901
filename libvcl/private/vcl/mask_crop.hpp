// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Returns the pixels (0 or 1) of the mask inside `box`, as a mask with the size of the box. Throws Error(Invalid)
/// unless the box lies within the frame.
Mask rle_crop(const Rle& rle, Box box);

/// The inverse: returns a mask of size `frame` that is empty except for `crop`, whose top left pixel is at (x, y).
/// Throws Error(Invalid) unless the crop lies within the frame.
Rle rle_from_crop(const Mask& crop, int x, int y, Size frame);

/// Returns the mask of a part of a frame as one of the frame. (x, y) is the part's top left pixel. Throws
/// Error(Invalid) unless the part lies within the frame.
Rle rle_place(const Rle& part, int x, int y, Size frame);

/// Returns the same object in the frame scaled to `size`. Every pixel takes the value under its center. A mask that
/// would vanish keeps one pixel at the center of its box, so that its track is not lost. Throws Error(Invalid) if the
/// size is empty or above kMaxMaskPixels.
Rle rle_scale(const Rle& rle, Size size);

}  // namespace vcl
