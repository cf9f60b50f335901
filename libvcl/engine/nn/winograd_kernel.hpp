// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "vcl/instruction_set.hpp"

/// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016) on one processor core, on plain
/// memory without LibTorch, compiled for each instruction set. A tile is 4x4 pixels of the output and the 6x6 pixels of
/// the input that they depend on. In the transformed space a convolution is a product. There each tile has
/// kWinogradPoints values per channel, one for every pair of the six points.
namespace vcl {

constexpr std::int64_t kWinogradTile = 4, kWinogradPoints = 36;

/// The points are 0, +-a, +-b and infinity. The error of float32 depends on a and b: with these it is 1.4 times that of
/// direct sums, with the usual 1 and 2 three times.
constexpr double kWinogradA = 0.625, kWinogradB = 1.5;

/// Maps with channels last, [images, height, width, channels]. Tiles are numbered row by row in each image.
struct TiledMaps {
  std::int64_t images, height, width, channels;
  std::int64_t tile_rows() const { return (height + kWinogradTile - 1) / kWinogradTile; }
  std::int64_t tile_columns() const { return (width + kWinogradTile - 1) / kWinogradTile; }
  std::int64_t tiles() const { return images * tile_rows() * tile_columns(); }
};

/// Transforms the input maps for the tiles [begin, end): values [points, tiles, channels], with `stride` floats between
/// points.
void winograd_input(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* input, float* values,
                    std::int64_t stride, InstructionSet instructions = usable_instructions());

/// Transforms the products of the tiles [begin, end), in the same layout, back to output maps; bias [channels] or null.
void winograd_output(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* products,
                     std::int64_t stride, const float* bias, float* output,
                     InstructionSet instructions = usable_instructions());

}  // namespace vcl
