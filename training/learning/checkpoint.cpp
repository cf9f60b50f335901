// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/checkpoint.hpp"

#include <c10/core/GradMode.h>

#include "vcl/error.hpp"

namespace vcl::train {

void save_checkpoint(const std::string& path, const TrainingState& state, const AdamW& optimiser,
                     const nlohmann::json& settings) {
  TensorMap tensors = optimiser.state();
  for (const auto& [name, tensor] : state.model.weights.tensors()) tensors["weights/" + name] = tensor;
  for (const auto& [name, tensor] : state.average.tensors()) tensors["average/" + name] = tensor;
  const nlohmann::json config = {{"architecture", "checkpoint"}, {"settings", settings},
                                 {"step", state.step},           {"skipped", state.skipped},
                                 {"seconds", state.seconds},     {"best_top", state.best_top},
                                 {"finished", state.finished}};
  save_model(path, {config, Weights(std::move(tensors))});
}

void load_checkpoint(const std::string& path, TrainingState& state, AdamW& optimiser, const nlohmann::json& settings) {
  const Model file = load_model(path);
  try {
    for (const auto& [key, value] : settings.items())
      if (file.config.at("settings").value(key, nlohmann::json()) != value)
        throw Error(ErrorKind::Invalid,
                    path + " was made with another " + key + "; use the same settings or another --out");
    state.step = file.config.at("step");
    state.skipped = file.config.at("skipped");
    state.seconds = file.config.at("seconds");
    state.best_top = file.config.at("best_top");
    state.finished = file.config.at("finished");
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorKind::Unreadable, path + " is not a checkpoint of vcl-train fit: " + e.what());
  }
  const c10::NoGradGuard no_grad;
  const auto load = [&](const Weights& into, const std::string& prefix) {
    for (const auto& [name, tensor] : into.tensors()) {
      const at::Tensor& saved = file.weights[prefix + name];
      if (saved.sizes() != tensor.sizes())
        throw Error(ErrorKind::Unreadable, path + ": " + name + " has another shape");
      tensor.copy_(saved);
    }
  };
  load(state.model.weights, "weights/");
  load(state.average, "average/");
  optimiser.restore(file.weights.tensors());
}

}  // namespace vcl::train
