// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/nn/deformable_kernel.hpp"
#include "libvcl/engine/weights.hpp"

namespace vcl {

/// Centres of all cells of all levels, (x, y) in [0, 1]: [S, 2].
at::Tensor cell_centres(const std::vector<GridSize>& levels, const at::Tensor& like);

/// Where the queries of all cells look, and how much each place counts: what deformable_sample() takes.
struct DeformableSamples {
  at::Tensor locations, weights;
};
DeformableSamples deformable_samples(const at::Tensor& query, const std::vector<GridSize>& levels, const Weights& w,
                                     int heads, int points);

/// The whole module: query and input [N, S, C] with self attention over the levels' cells.
at::Tensor deformable_attention(const at::Tensor& query, const at::Tensor& input, const std::vector<GridSize>& levels,
                                const Weights& w, int heads, int points);

}  // namespace vcl
