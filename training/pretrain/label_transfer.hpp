// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace vcl::train {

/// Patches of one photo.
struct Patches {
  at::Tensor vectors;  ///< unit [n, C]
  at::Tensor labels;   ///< float [n]: 1 where at least half of the patch is object, else 0
};

/// Each patch takes the label of its nine nearest patches (cosine) of the other photos: mean IoU of object and
/// background, each over all patches. Not a number with fewer than two photos.
double label_transfer(const std::vector<Patches>& photos);

}  // namespace vcl::train
