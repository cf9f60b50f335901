// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "training/learning/optimiser.hpp"

namespace vcl::train {

/// Everything that changes while a network is trained.
struct TrainingState {
  Model model;               ///< as the optimiser moves it
  Weights average;           ///< moving average of its weights: what is kept in the end
  std::int64_t step = 0;     ///< batches seen, skipped ones included: also the index of the next batch
  std::int64_t skipped = 0;  ///< batches without update: loss or gradient not finite
  double seconds = 0;        ///< training time so far, of all runs
  double best_top = -1;      ///< best held-out quality so far
  bool finished = false;
};

/// Writes atomically. `settings` are what later runs must agree with to go on from here.
void save_checkpoint(const std::string& path, const TrainingState& state, const AdamW& optimiser,
                     const nlohmann::json& settings);

/// Restores into a state and optimiser of the same network. Throws Error(Invalid) naming the first setting that
/// differs, Error(Unreadable) when the file does not fit.
void load_checkpoint(const std::string& path, TrainingState& state, AdamW& optimiser, const nlohmann::json& settings);

}  // namespace vcl::train
