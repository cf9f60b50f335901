// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "vcl/features.hpp"

namespace vcl {

/// Patches of the map's grid, R G B in `colors` (vcl/feature_colors.hpp), each over its pixels of the scaled image.
cv::Mat paint_patches(const FeatureMap& map, std::vector<std::uint8_t> colors);

}  // namespace vcl
