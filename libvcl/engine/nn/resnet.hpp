// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl {

/// ResNet with detectron2's names (method.md 5.2): bottlenecks where a block has conv3 (stride in the 3x3),
/// else basic blocks. `images` [N, 3, H, W], or more planes where the stem takes them; returns the stem's output and
/// res2..res5 at strides 4, 8, 16, 32. `stem_pool`: max-pool after the stem, res2 keeps the size; else res2 has
/// stride 2.
std::vector<at::Tensor> resnet(const at::Tensor& images, const Weights& w, bool stem_pool, bool training);

/// Its first layers: stride 4 with `pool`, else 2.
at::Tensor resnet_stem(const at::Tensor& images, const Weights& w, bool pool, bool training);

}  // namespace vcl
