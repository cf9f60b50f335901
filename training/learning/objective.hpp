// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/learning/clip_tensors.hpp"
#include "vcl/precision.hpp"

namespace vcl::train {

/// The function to minimize.
struct Objective {
  enum class Kind { Dense, Recipe, Paper };  ///< dense_losses, video_losses, point_losses
  Kind kind = Kind::Recipe;
  VideoLosses losses{};  ///< Recipe
  double moves = 2;      ///< weight of the loss of moving pixels, if they are known
  Precision precision = Precision::Fp32;
};

/// Runs the network in training mode on the batch, on the device of its weights, and returns the batch's part of the
/// losses of the whole batch. `point_seeds`, one per clip, seed the sampled points of the paper's losses.
Losses losses_of(const ClipTensors& bytes, const Weights& weights, const VideoConfig& config,
                 const Objective& objective, const WholeBatch& whole, const std::vector<std::uint64_t>& point_seeds);

}  // namespace vcl::train
