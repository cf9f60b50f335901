// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "vcl/result.hpp"

namespace vcl {

/// Paints the masks, contours, ids and scores into a BGR picture of their size, as vcl-overlay does. Throws
/// Error(Unsupported) where it is too large.
void paint_result(cv::Mat& bgr, const FrameResult& result);

}  // namespace vcl
