// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "training/learning/optimiser.hpp"

namespace vcl::train {

/// Everything that changes during training.
struct TrainingState {
  Model model;               ///< the optimizer updates its weights
  Weights average;           ///< moving average of the weights, which is the final result
  std::int64_t step = 0;     ///< steps made, including skipped ones; also the index of the next step
  std::int64_t skipped = 0;  ///< steps without an update because the loss or gradient was not finite
  double seconds = 0;        ///< training time so far, over all runs
  double best_top = -1;      ///< best held-out quality so far, -1 if none
  bool finished = false;
};

/// Writes atomically. A later run must have the same `settings` to continue from this file.
void save_checkpoint(const std::string& path, const TrainingState& state, const AdamW& optimiser,
                     const nlohmann::json& settings);

/// Restores the state and the optimizer of the same network. Throws Error(Invalid) that names the first setting that
/// differs, Error(Unreadable) if the file does not fit.
void load_checkpoint(const std::string& path, TrainingState& state, AdamW& optimiser, const nlohmann::json& settings);

}  // namespace vcl::train
