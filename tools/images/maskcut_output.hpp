// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "vcl/maskcut.hpp"

namespace vcl {

/// Paints masks half transparent on a BGR picture, each in its own color and with its outline.
cv::Mat paint_masks(const cv::Mat& bgr, std::span<const Mask> masks);

/// Writes the decisions of each cut as a .safetensors file (docs/formats.md). Throws Error(Resource).
void write_trace(const std::string& path, const std::vector<CutStep>& steps, const FeatureMap& features);

}  // namespace vcl
