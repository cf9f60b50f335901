// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "vcl/features.hpp"

namespace vcl {

/// The three strongest principal components of the patches as blue, green and red, mid-grey at the mean, each patch
/// over its pixels of the scaled image. The same features give the same colours.
cv::Mat paint_components(const FeatureMap& map);

}  // namespace vcl
