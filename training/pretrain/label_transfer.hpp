// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace vcl::train {

/// The patches of one photo.
struct Patches {
  at::Tensor vectors;  ///< unit [n, C]
  at::Tensor labels;   ///< float [n]: 1 if at least half of the patch is object, else 0
};

/// Gives each patch the majority label of its nine nearest patches (cosine) in the other photos. Returns the mean IoU
/// of object and background, each over all patches. Returns NaN for fewer than two photos.
double label_transfer(const std::vector<Patches>& photos);

}  // namespace vcl::train
