// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// The sizes of a small VideoMask2Former (method.md 5): a backbone of basic ResNet blocks, a deformable encoder over
/// the coarsest `encoder_levels` features, FPN steps for the finer ones, and queries anchored on a grid.
struct NetworkSizes {
  std::int64_t stem = 24;
  std::array<std::int64_t, 4> stages{32, 64, 96, 128};  ///< channels of res2..res5
  int blocks = 2;
  std::int64_t hidden = 64, ffn = 256;
  int encoder_levels = 2, encoder_layers = 2, encoder_points = 4;
  int decoder_layers = 6;
  int heads = 4, norm_groups = 8;
  int query_columns = 5, query_rows = 3;
  std::int64_t canvas_pixels = 15360;
};

/// Returns a network to train, drawn from torch's default generator. The backbone's convolutions are Kaiming normal,
/// other convolutions and projections Xavier. Deformable offsets form a ring of directions (method.md 5.3). Queries
/// start anchored: each attends to and marks the surroundings of its own grid cell.
Model initialise_network(const NetworkSizes& sizes);
/// Returns the same network without its backbone.
Model initialise_head(const NetworkSizes& sizes);
/// Adds a decoder of these sizes: hidden, ffn, decoder_layers, heads and the grid of queries.
void initialise_predictor(Weights& w, const NetworkSizes& sizes);

/// Changes the mask stride of a network from 4 to 2 by one more FPN step, from the stem, with half the channels. The
/// weights of the step and of the mask features are new. Does nothing if the step exists.
void add_fine_masks(Model& model);

/// Adds motion to neighbors (VideoConfig::neighbours) to a network's input. The stem takes their planes with zero
/// weights, so that the results do not change at first. A new head, a 1x1 convolution on the mask features, predicts
/// what moves ("sem_seg_head.moves").
void add_motion(Model& model, const std::vector<int>& neighbours);

/// One more head for the dense stage: a 1x1 convolution on the mask features ("dense_head").
void add_dense_head(Weights& w, std::int64_t hidden);

}  // namespace vcl::train
