// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "libvcl/engine/nn/deformable_kernel.hpp"

namespace vcl {

/// The sampling core of MSDeformAttn (method.md 5.3). value: [N, S, heads, d] over the cells of all levels; locations:
/// [N, Q, heads, levels, points, 2] (x, y in [0, 1] of the level); weights: [N, Q, heads, levels, points]. Returns [N,
/// Q, heads * d]. Bilinear, zeros outside, align_corners false. Our own float32 kernels run on the CPU, where results
/// do not depend on the number of threads, and on CUDA (-Dcuda=enabled). Differentiable once.
at::Tensor deformable_sample(const at::Tensor& value, const std::vector<GridSize>& levels, const at::Tensor& locations,
                             const at::Tensor& weights);

/// The same computed with LibTorch's operations, on any device and in any precision.
at::Tensor deformable_sample_by_grids(const at::Tensor& value, const std::vector<GridSize>& levels,
                                      const at::Tensor& locations, const at::Tensor& weights);

}  // namespace vcl
