// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "engine/weights.hpp"
#include "training/fit.hpp"

/// What fit does before the first step.
namespace vcl::train {

/// What a stage sets where the options leave it open (recipe.md).
struct Stage {
  bool dense;
  int frames, batch;
  double learning_rate, weight_decay, backbone_factor;
  double no_object_at_first;
};

Stage stage_of(const std::string& name);

/// The options with the stage's defaults filled in. Throws Error(Invalid) for what does not go together.
FitOptions complete(FitOptions options, const Stage& stage);

/// What must be the same when training goes on from a checkpoint.
nlohmann::json settings_of(const FitOptions& options);

/// The stage's network, from options.init where that has its tensors, else random; kernels channels-last.
Model starting_model(const FitOptions& options, const Stage& stage);

Weights copy_of(const Weights& weights);

}  // namespace vcl::train
