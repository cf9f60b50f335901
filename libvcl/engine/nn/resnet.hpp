// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl {

/// Runs a ResNet with detectron2's names (method.md 5.2). A block with conv3 is a bottleneck (stride in the 3x3), any
/// other a basic block. `images`: [N, 3, H, W], or with more planes if the stem takes them. Returns the output of the
/// stem and res2..res5 at strides 4, 8, 16, 32. `stem_pool`: max-pool after the stem, res2 keeps the size; otherwise
/// res2 has stride 2.
std::vector<at::Tensor> resnet(const at::Tensor& images, const Weights& w, bool stem_pool, bool training);

/// Runs its first layers: stride 4 with `pool`, otherwise 2.
at::Tensor resnet_stem(const at::Tensor& images, const Weights& w, bool pool, bool training);

}  // namespace vcl
