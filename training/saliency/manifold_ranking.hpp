// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/saliency/superpixels.hpp"

namespace vcl::saliency {

/// Graph-based manifold ranking: first finds regions unlike all four image sides, then regions like those. C. Yang et
/// al., "Saliency Detection via Graph-Based Manifold Ranking", CVPR 2013. Returns one value per region, 0..1.
cv::Mat1f manifold_ranking(const Superpixels& regions);

}  // namespace vcl::saliency
