// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "vcl/instruction_set.hpp"

/// The arithmetic of deformable sampling on one processor core, on plain memory, compiled for these instructions; no
/// Torch here.
namespace vcl {

using GridSize = std::pair<std::int64_t, std::int64_t>;  ///< height, width of one level

/// Sizes of one image's sampling. Arrays are contiguous: one head's values [cells of all levels, channels], all heads'
/// locations [queries, heads, levels, points, 2] with x, y in [0, 1] of the level, weights [queries, heads, levels,
/// points] and outputs [queries, heads, channels]. Bilinear; what lies outside of a level counts as 0.
struct SamplingSizes {
  const std::vector<GridSize>& levels;
  std::int64_t heads, channels, points;
  std::int64_t samples() const { return std::int64_t(levels.size()) * points; }  ///< of a query's head
};

/// One head's outputs of the queries [begin, end), each summed in one fixed order. Head by head, because a cache holds
/// the values of the neighbourhood of a query in one head, not in all.
void sample_deformable(const SamplingSizes& sizes, std::int64_t head, std::int64_t begin, std::int64_t end,
                       const float* values, const float* locations, const float* weights, float* outputs,
                       InstructionSet instructions = usable_instructions());

/// What a loss changes by: given its gradient over the outputs, adds the gradient over one head's values, and sets
/// those over its locations and weights. Heads share no memory, so threads may take one each.
void deformable_gradients(const SamplingSizes& sizes, std::int64_t head, std::int64_t queries, const float* values,
                          const float* locations, const float* weights, const float* over_outputs, float* over_values,
                          float* over_locations, float* over_weights,
                          InstructionSet instructions = usable_instructions());

}  // namespace vcl
