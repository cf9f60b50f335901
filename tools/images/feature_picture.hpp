// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "vcl/features.hpp"

namespace vcl {

/// Paints each patch of the map's grid over its pixels of the scaled image. `colors` has R G B per patch
/// (vcl/feature_colors.hpp).
cv::Mat paint_patches(const FeatureMap& map, std::vector<std::uint8_t> colors);

}  // namespace vcl
