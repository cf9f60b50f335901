// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include "plugins/overlay/hidden_area.hpp"

namespace gstvcl {

/// How instances are shown: painted or hidden.
enum class Style { Paint, Blur, Mosaic, Cutout };

/// Hides the area irreversibly in a frame with 8 bits per component. It covers all planes, alpha and padding included.
/// Mosaic: blocks with the mean of their hidden pixels, at most six along the longest side of the area.
/// Blur: interpolates between the values of the mosaic, and so reveals no more than these.
/// Cutout: gray. The other styles use it too if there are too few hidden pixels for a mean that hides them.
void hide(GstVideoFrame* frame, const HiddenArea& area, Style style);

}  // namespace gstvcl
