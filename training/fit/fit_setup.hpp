// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"
#include "training/fit/fit.hpp"

/// What fit does before the first step.
namespace vcl::train {

/// What a stage sets where the options leave it open (method.md 9.5; the paper's objective: 5.7).
struct Stage {
  bool dense;
  int frames, batch;
  double learning_rate, weight_decay, backbone_factor;
  double no_object_at_first;
};

/// Of the options' stage and objective. Throws Error(Invalid) for a stage that does not exist or has no such objective.
Stage stage_of(const FitOptions& options);

/// The options with the defaults of the stage, and what the network that it starts from has, filled in. Throws
/// Error(Invalid) for what does not go together.
FitOptions complete(FitOptions options, const Stage& stage, const nlohmann::json& network);

/// What must be the same when training goes on from a checkpoint.
nlohmann::json settings_of(const FitOptions& options);

}  // namespace vcl::train
