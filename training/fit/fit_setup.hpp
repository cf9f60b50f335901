// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"
#include "training/fit/fit.hpp"

/// The steps of fit before the first update.
namespace vcl::train {

/// The defaults of a stage (method.md 9.5; for the paper's objective: 5.7).
struct Stage {
  bool dense;
  int frames, batch;
  double learning_rate, weight_decay, backbone_factor;
  double no_object_at_first;
};

/// Returns the defaults for the options' stage and objective. Throws Error(Invalid) if the stage does not exist or does
/// not support the objective.
Stage stage_of(const FitOptions& options);

/// Returns the options, completed with the defaults of the stage and with the properties of the network to start from.
/// Throws Error(Invalid) if options contradict each other.
FitOptions complete(FitOptions options, const Stage& stage, const nlohmann::json& network);

/// Returns the settings that must not change when training continues from a checkpoint.
nlohmann::json settings_of(const FitOptions& options);

}  // namespace vcl::train
