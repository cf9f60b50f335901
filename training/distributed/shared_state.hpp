// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/distributed/workers.hpp"
#include "training/learning/checkpoint.hpp"

namespace vcl::train {

/// Copies the state of the first process to all: network, average, moments of the optimizer and counters.
void share_state(Workers& workers, TrainingState& state, AdamW& optimiser);

/// A copy of the values that forward passes change, such as batch norm statistics, taken before a step. restore()
/// undoes the part of the step that was done when a process was lost.
class StatisticsBefore {
 public:
  explicit StatisticsBefore(const TrainingState& state);
  void restore() const;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> values_;  ///< tensor and its earlier value
};

}  // namespace vcl::train
