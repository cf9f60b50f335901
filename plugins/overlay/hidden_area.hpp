// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <vector>

#include "vcl/geometry.hpp"

namespace gstvcl {

/// Pixels of a frame that are to be hidden, in whole squares of 2x2 pixels: where pixels share chroma, all of them are
/// hidden or none.
struct HiddenArea {
  vcl::Box box;                ///< begins at even places; its sides are even but at the edge of the frame
  std::vector<guint8> inside;  ///< of the box, row by row: 255 is hidden, 0 is not
};

/// All pixels at most `margin` columns and rows from a pixel of the mask, which is that of `box` alone, within the
/// frame.
HiddenArea area_around(const guint8* mask, const vcl::Box& box, vcl::Size frame, int margin);

HiddenArea whole_frame(vcl::Size frame);

}  // namespace gstvcl
