// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>
#include <vector>

#include "engine/weights.hpp"

namespace vcl {

using GridSize = std::pair<std::int64_t, std::int64_t>;  ///< height, width of one level

/// The sampling core of MSDeformAttn (method.md 5.3): value [N, S, heads, d] over all levels' cells, locations
/// [N, Q, heads, levels, points, 2] (x, y in [0, 1] of the level), weights [N, Q, heads, levels, points] -> [N, Q,
/// heads * d]. Bilinear, zeros outside, align_corners false.
at::Tensor deformable_sample(const at::Tensor& value, const std::vector<GridSize>& levels, const at::Tensor& locations,
                             const at::Tensor& weights);

/// Centres of all cells of all levels, (x, y) in [0, 1]: [S, 2].
at::Tensor cell_centres(const std::vector<GridSize>& levels, const at::Tensor& like);

/// The whole module: query and input [N, S, C] with self attention over the levels' cells.
at::Tensor deformable_attention(const at::Tensor& query, const at::Tensor& input, const std::vector<GridSize>& levels,
                                const Weights& w, int heads, int points);

}  // namespace vcl
