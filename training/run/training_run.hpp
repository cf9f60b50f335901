// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "training/distributed/workers.hpp"
#include "training/learning/checkpoint.hpp"
#include "training/learning/optimiser.hpp"
#include "training/report/report.hpp"

namespace vcl::train {

/// How long to train: `steps` batches, or with steps = 0 so many minutes.
struct Budget {
  double minutes = 0;
  std::int64_t steps = 0;
};

/// What is done while training; `step` is called for every batch, the others now and then.
struct TrainingLoop {
  std::function<void()> step;                                          ///< one batch: updates state and network
  std::function<void(double samples_per_second, Report& report)> log;  ///< every `steps_per_line` steps
  std::function<void(Report& report)> validate;  ///< at the start, every `validate_seconds`, at the end
  int samples = 1, steps_per_line = 10;
  double validate_seconds = 0;  ///< 0: only at start and end
};

/// A training in a folder of its own: settings.json, a checkpoint a minute to go on from, the report, the model at the
/// end. Errors: vcl::Error.
class TrainingRun {
 public:
  /// `settings` are what a later run must agree with to go on in the same folder. `workers` must outlive it; only the
  /// first of them uses the folder.
  TrainingRun(std::string folder, Budget budget, nlohmann::json settings, Workers& workers);

  /// Creates the folder and writes the settings, with `more` that may change from run to run.
  void prepare_folder(const nlohmann::json& more) const;
  /// Takes state and optimiser (of state.model, already initialised) from the folder's checkpoint if there is one. All
  /// workers must have been told the same.
  void resume();
  /// Trains until the budget is spent or a signal asks one of the workers for the end, then validates and saves; `kept`
  /// makes the model that is written at the end. Returns at once where the budget was already spent. When a worker is
  /// lost it saves the state after the last whole step and throws WorkerLost.
  void train(const TrainingLoop& loop, const std::function<Model()>& kept);

  double progress() const;  ///< share of the budget that is spent
  double seconds_left() const;
  std::string path(const char* name) const { return folder_ + "/" + name; }

  TrainingState state;
  std::optional<AdamW> optimiser;

 private:
  void save(Report& report) const;
  void spend_budget(const TrainingLoop& loop, std::optional<Report>& report);
  void whole_step(const std::function<void()>& step);
  bool agree_on_stop();

  Workers& workers_;
  const std::string folder_;
  const Budget budget_;
  const nlohmann::json settings_;
};

}  // namespace vcl::train
