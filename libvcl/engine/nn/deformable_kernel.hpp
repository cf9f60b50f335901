// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "vcl/instruction_set.hpp"

/// Deformable sampling on one processor core, on plain memory without LibTorch, compiled for each instruction set.
namespace vcl {

using GridSize = std::pair<std::int64_t, std::int64_t>;  ///< height, width of one level

/// The sizes for sampling one image. Arrays are contiguous: values of one head [cells of all levels, channels];
/// locations [queries, heads, levels, points, 2] of all heads with x, y in [0, 1] of the level; weights [queries,
/// heads, levels, points]; outputs [queries, heads, channels]. Sampling is bilinear, and positions outside of a level
/// count as 0.
struct SamplingSizes {
  const std::vector<GridSize>& levels;
  std::int64_t heads, channels, points;
  std::int64_t samples() const { return std::int64_t(levels.size()) * points; }  ///< per query and head
};

/// Computes the outputs of one head for the queries [begin, end). Each is summed in a fixed order. The heads are
/// separate calls because a cache holds the values around a query for one head, but not for all heads.
void sample_deformable(const SamplingSizes& sizes, std::int64_t head, std::int64_t begin, std::int64_t end,
                       const float* values, const float* locations, const float* weights, float* outputs,
                       InstructionSet instructions = usable_instructions());

/// Computes the gradients of a loss from its gradient over the outputs. Adds the gradient over the values of one head,
/// and sets those over its locations and weights. Heads share no memory, so each may run in its own thread.
void deformable_gradients(const SamplingSizes& sizes, std::int64_t head, std::int64_t queries, const float* values,
                          const float* locations, const float* weights, const float* over_outputs, float* over_values,
                          float* over_locations, float* over_weights,
                          InstructionSet instructions = usable_instructions());

}  // namespace vcl
