// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/distributed/workers.hpp"
#include "training/learning/checkpoint.hpp"

namespace vcl::train {

/// All processes go on from the first one's state: network, average, moments of the optimiser and counters.
void share_state(Workers& workers, TrainingState& state, AdamW& optimiser);

/// What forward passes change: the statistics of batch norms and what follows the batches like them. Taken before a
/// step, it undoes the step's part that was done when a process was lost.
class StatisticsBefore {
 public:
  explicit StatisticsBefore(const TrainingState& state);
  void restore() const;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> values_;  ///< tensor, what it was
};

}  // namespace vcl::train
