// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/saliency/superpixels.hpp"

namespace vcl::saliency {

/// Robust background detection: regions well connected to the image border are background; the others are salient by
/// their contrast to it. W. Zhu et al., "Saliency Optimization from Robust Background Detection", CVPR 2014. Returns
/// one value per region, not scaled.
cv::Mat1f background_detection(const Superpixels& regions);

}  // namespace vcl::saliency
