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

/// How long to train: `steps` steps or, if that is 0, `minutes` minutes.
struct Budget {
  double minutes = 0;
  std::int64_t steps = 0;
};

/// The callbacks of training. `step` is called for each step, the others from time to time.
struct TrainingLoop {
  std::function<void()> step;                                          ///< one step: updates state and network
  std::function<void(double samples_per_second, Report& report)> log;  ///< every `steps_per_line` steps
  std::function<void(Report& report)> validate;  ///< at the start, every `validate_seconds`, at the end
  int samples = 1, steps_per_line = 10;
  double validate_seconds = 0;  ///< 0: only at start and end
};

/// A training in its own folder: settings.json, a checkpoint every minute to continue from, the report, and the model
/// at the end. Throws vcl::Error.
class TrainingRun {
 public:
  /// A later run must have the same `settings` to continue in the same folder. `workers` must outlive it; only the
  /// first worker uses the folder.
  TrainingRun(std::string folder, Budget budget, nlohmann::json settings, Workers& workers);

  /// Creates the folder and writes the settings, including `more`, which may change from run to run.
  void prepare_folder(const nlohmann::json& more) const;
  /// Restores state and optimizer (of state.model, already initialized) from the folder's checkpoint if there is one.
  /// All workers must have the same settings.
  void resume();
  /// Trains until the budget is spent or one of the workers receives a signal, then validates and saves. `kept` returns
  /// the model that is written at the end. Returns at once if the budget was already spent. If a worker is lost, saves
  /// the state after the last complete step and throws WorkerLost.
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
