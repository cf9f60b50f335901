// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/nn/deformable_kernel.hpp"
#include "libvcl/engine/weights.hpp"

namespace vcl {

/// Returns the centers of all cells of all levels, (x, y) in [0, 1]: [S, 2].
at::Tensor cell_centres(const std::vector<GridSize>& levels, const at::Tensor& like);

/// The sampling locations of all cells' queries and their weights, the input of deformable_sample().
struct DeformableSamples {
  at::Tensor locations, weights;
};
DeformableSamples deformable_samples(const at::Tensor& query, const std::vector<GridSize>& levels, const Weights& w,
                                     int heads, int points);

/// The complete module. query and input: [N, S, C], self-attention over the cells of all levels.
at::Tensor deformable_attention(const at::Tensor& query, const at::Tensor& input, const std::vector<GridSize>& levels,
                                const Weights& w, int heads, int points);

}  // namespace vcl
