// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "tools/segment/painting.hpp"
#include "vcl/result.hpp"

namespace vcl {

/// Paints or hides the objects in a BGR picture of the same size as the result, like vcl-overlay. Throws
/// Error(Unsupported) if the picture is too large.
void paint_result(cv::Mat& bgr, const FrameResult& result, const Painting& painting);

}  // namespace vcl
