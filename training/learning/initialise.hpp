// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// Sizes of a small VideoMask2Former (method.md 5): a backbone of basic ResNet blocks, a deformable
/// encoder over the coarsest `encoder_levels` features, FPN steps below, queries anchored on a grid.
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

/// A network to train, from torch's default generator: the backbone's convolutions Kaiming normal, other
/// convolutions and projections Xavier, deformable offsets in a ring of directions (method.md 5.3).
/// The queries start anchored: each attends to and marks the surroundings of its own cell of the grid.
Model initialise_network(const NetworkSizes& sizes);
/// The same without its backbone.
Model initialise_head(const NetworkSizes& sizes);
/// Adds a decoder of these sizes: hidden, ffn, decoder_layers, heads and the grid of queries.
void initialise_predictor(Weights& w, const NetworkSizes& sizes);

/// Gives the masks of a network stride 2 in place of 4: one more FPN step, down to the stem, of half the channels. Its
/// weights and those of the mask features are new. Does nothing where the step is there.
void add_fine_masks(Model& model);

/// Lets a network see motion to neighbours (VideoConfig::neighbours): its stem takes their planes, at first with
/// weights of 0, so that it starts as it was, and a new head, a 1x1 convolution on the mask features, says what moves
/// ("sem_seg_head.moves").
void add_motion(Model& model, const std::vector<int>& neighbours);

/// One more head for the dense stage: a 1x1 convolution on the mask features ("dense_head").
void add_dense_head(Weights& w, std::int64_t hidden);

}  // namespace vcl::train
