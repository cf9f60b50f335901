// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

namespace vcl::saliency {

/// Returns the minimum barrier distance to the image border plus the color distance to the border strips. J. Zhang et
/// al., "Minimum Barrier Salient Object Detection at 80 FPS", ICCV 2015. `lab` is float Lab [H,W,3]; the result is
/// [H,W], not scaled.
cv::Mat1f barrier_distance(const cv::Mat3f& lab);

}  // namespace vcl::saliency
