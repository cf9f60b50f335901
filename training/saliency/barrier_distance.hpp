// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

namespace vcl::saliency {

/// Minimum barrier distance to the image border plus colour distance to the border strips. J. Zhang et
/// al., "Minimum Barrier Salient Object Detection at 80 FPS", ICCV 2015. Takes float Lab [H,W,3], gives
/// [H,W], not scaled.
cv::Mat1f barrier_distance(const cv::Mat3f& lab);

}  // namespace vcl::saliency
