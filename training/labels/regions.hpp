// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/mask.hpp"

/// Simple morphology on binary masks (values 0 and 1), which turns saliency into instances.
namespace vcl::train {

/// Erodes, then dilates with a 3x3 square. Outside of the mask is background for both.
Mask open3x3(const Mask& mask);

/// A 4-connected component.
struct Component {
  std::uint64_t area = 0;
  Mask mask;
};
std::vector<Component> components(const Mask& mask);

/// Fills background that is not 4-connected to the border, if a hole has at most `most` pixels.
Mask fill_holes(const Mask& mask, std::uint64_t most);

double iou(const Mask& a, const Mask& b);

}  // namespace vcl::train
