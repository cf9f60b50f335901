// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <vector>

#include "vcl/geometry.hpp"

namespace gstvcl {

/// The pixels of a frame to be hidden, in whole squares of 2x2 pixels, because the pixels of a square share chroma.
struct HiddenArea {
  vcl::Box box;                ///< x and y are even, and so are the sides, except at the edge of the frame
  std::vector<guint8> inside;  ///< pixels of the box, row by row: 255 is hidden, 0 is not
};

/// Returns all pixels of the frame that are at most `margin` columns and rows away from a pixel of the mask. The mask
/// has the size of `box`.
HiddenArea area_around(const guint8* mask, const vcl::Box& box, vcl::Size frame, int margin);

HiddenArea whole_frame(vcl::Size frame);

}  // namespace gstvcl
