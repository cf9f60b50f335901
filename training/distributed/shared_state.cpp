// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/distributed/shared_state.hpp"

#include <c10/core/GradMode.h>

namespace vcl::train {

void share_state(Workers& workers, TrainingState& state, AdamW& optimiser) {
  if (workers.alone()) return;
  const c10::NoGradGuard no_grad;
  const TensorMap moments = optimiser.state();
  for (const TensorMap& map : {state.model.weights.tensors(), state.average.tensors(), moments})
    for (const auto& [name, tensor] : map) workers.broadcast(tensor);
  optimiser.restore(moments);
  const nlohmann::json counters =
      workers.from_first({state.step, state.skipped, state.seconds, state.best_top, state.finished});
  state.step = counters[0];
  state.skipped = counters[1];
  state.seconds = counters[2];
  state.best_top = counters[3];
  state.finished = counters[4];
}

StatisticsBefore::StatisticsBefore(const TrainingState& state) {
  for (const Weights* weights : {&state.model.weights, &state.average})
    for (const auto& [name, tensor] : weights->tensors())
      if (!is_trainable(name, *weights)) values_.emplace_back(tensor, tensor.clone());
}

void StatisticsBefore::restore() const {
  const c10::NoGradGuard no_grad;
  for (const auto& [tensor, before] : values_) tensor.copy_(before);
}

}  // namespace vcl::train
