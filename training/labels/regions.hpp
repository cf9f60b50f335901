// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/mask.hpp"

/// Small morphology on binary masks (values 0 and 1), for turning saliency into instances.
namespace vcl::train {

/// Erosion and dilation by a 3x3 square; outside the mask is background for both.
Mask open3x3(const Mask& mask);

/// 4-connected components, largest first (ties: the one met first in reading order).
struct Component {
  std::uint64_t area = 0;
  Mask mask;
};
std::vector<Component> components(const Mask& mask);

/// Fills background that is not 4-connected to the border, up to `most` pixels a hole.
Mask fill_holes(const Mask& mask, std::uint64_t most);

double iou(const Mask& a, const Mask& b);

}  // namespace vcl::train
