// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include "plugins/overlay/hidden_area.hpp"

namespace gstvcl {

/// What becomes of the instances: they are painted, or hidden.
enum class Style { Paint, Blur, Mosaic, Cutout };

/// Hides the area for good, in a frame of 8 bits per component: in all its planes, alpha and padding included.
/// Mosaic: blocks of one value, the mean of their hidden pixels; the longest side of the area has at most six.
/// Blur: what is between the values of the mosaic; it tells no more than these do.
/// Cutout: gray. So is all that has too few pixels for a mean that hides them.
void hide(GstVideoFrame* frame, const HiddenArea& area, Style style);

}  // namespace gstvcl
