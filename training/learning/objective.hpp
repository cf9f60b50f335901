// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/learning/clip_tensors.hpp"
#include "vcl/precision.hpp"

namespace vcl::train {

/// What is minimised.
struct Objective {
  enum class Kind { Dense, Recipe, Paper };  ///< dense_losses, video_losses, point_losses
  Kind kind = Kind::Recipe;
  VideoLosses losses{};  ///< Recipe
  double moves = 2;      ///< weight of what the network says moves, where anybody knows
  Precision precision = Precision::Fp32;
};

/// The network in training on the batch, on the device of its weights, to where its part of the whole batch's losses is
/// known. `point_seeds`, one for each clip, decide the sampled points of the paper's losses.
Losses losses_of(const ClipTensors& bytes, const Weights& weights, const VideoConfig& config,
                 const Objective& objective, const WholeBatch& whole, const std::vector<std::uint64_t>& point_seeds);

}  // namespace vcl::train
