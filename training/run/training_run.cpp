// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/run/training_run.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "support/json_text.hpp"
#include "support/stop_signal.hpp"
#include "support/whole_file.hpp"
#include "training/distributed/shared_state.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kCheckpointSeconds = 60;
constexpr const char* kCheckpoint = "checkpoint.safetensors";

}  // namespace

TrainingRun::TrainingRun(std::string folder, Budget budget, nlohmann::json settings, Workers& workers)
    : workers_(workers), folder_(std::move(folder)), budget_(budget), settings_(std::move(settings)) {}

void TrainingRun::prepare_folder(const nlohmann::json& more) const {
  nlohmann::json settings = settings_;
  settings.update({{"minutes", budget_.minutes}, {"steps", budget_.steps}});
  settings.update(more);
  workers_.first_only([&] {
    std::error_code failure;
    std::filesystem::create_directories(folder_, failure);
    write_whole_file(path("settings.json"), json_text(settings, 2) + "\n");
  });
}

void TrainingRun::resume() {
  nlohmann::json settings = settings_;
  settings.update({{"minutes", budget_.minutes}, {"steps", budget_.steps}});
  workers_.compare(settings);
  workers_.first_only([&] {
    if (!std::filesystem::exists(path(kCheckpoint))) return;
    load_checkpoint(path(kCheckpoint), state, *optimiser, settings_);
    std::fprintf(stderr, "going on from step %lld\n", static_cast<long long>(state.step));
  });
  share_state(workers_, state, *optimiser);
}

void TrainingRun::train(const TrainingLoop& loop, const std::function<Model()>& kept) {
  if (state.finished && progress() >= 1) {
    if (workers_.first())
      std::fprintf(stderr, "%s is finished; use another --out or a larger budget\n", folder_.c_str());
    return;
  }
  const StopOnSignal signals;
  std::optional<Report> report;  // only in the first worker
  workers_.first_only([&] {
    report.emplace(folder_, state.step);
    if (state.step == 0) loop.validate(*report);
  });
  try {
    spend_budget(loop, report);
  } catch (const WorkerLost&) {
    if (!report) throw;
    save(*report);
    std::fprintf(stderr, "%s is that of step %lld\n", path(kCheckpoint).c_str(), static_cast<long long>(state.step));
    throw;
  }
  state.finished = progress() >= 1;
  workers_.first_only([&] {
    loop.validate(*report);
    save(*report);
    save_model(path("model.safetensors"), kept());
    std::fprintf(stderr, "%s: %lld steps, %lld skipped, %.1f minutes\n", path("model.safetensors").c_str(),
                 static_cast<long long>(state.step), static_cast<long long>(state.skipped), state.seconds / 60);
  });
}

void TrainingRun::spend_budget(const TrainingLoop& loop, std::optional<Report>& report) {
  double saved = state.seconds, validated = state.seconds;
  auto before = std::chrono::steady_clock::now();
  bool stop = agree_on_stop();
  while (progress() < 1 && !stop) {
    whole_step(loop.step);
    const auto now = std::chrono::steady_clock::now();
    const double took = std::chrono::duration<double>(now - before).count();
    before = now;
    state.seconds += took;
    ++state.step;
    stop = agree_on_stop();
    if (report && state.step % loop.steps_per_line == 0) loop.log(loop.samples / took, *report);
    if (loop.validate_seconds > 0 && state.seconds - validated >= loop.validate_seconds) {
      workers_.first_only([&] { loop.validate(*report); });
      validated = state.seconds;
    }
    if (state.seconds - saved >= kCheckpointSeconds) {
      workers_.first_only([&] { save(*report); });
      saved = state.seconds;
    }
  }
}

/// Leaves no partial step if a worker is lost: networks and optimizer change only after the last communication of the
/// step.
void TrainingRun::whole_step(const std::function<void()>& step) {
  if (workers_.alone()) return step();
  const StatisticsBefore before(state);
  try {
    step();
  } catch (const WorkerLost&) {
    before.restore();
    throw;
  }
}

/// All workers use the first worker's clock, and a signal to one of them stops all.
bool TrainingRun::agree_on_stop() {
  const at::Tensor values =
      at::tensor({workers_.first() ? state.seconds : 0.0, double(StopOnSignal::requested())}, at::kDouble);
  workers_.sum(values);
  state.seconds = values[0].item<double>();
  return values[1].item<double>() > 0;
}

double TrainingRun::progress() const {
  return budget_.steps > 0 ? double(state.step) / double(budget_.steps) : state.seconds / (60 * budget_.minutes);
}

double TrainingRun::seconds_left() const {
  return budget_.steps > 0 ? double(budget_.steps - state.step) * state.seconds / double(state.step)
                           : 60 * budget_.minutes - state.seconds;
}

void TrainingRun::save(Report& report) const {
  save_checkpoint(path(kCheckpoint), state, *optimiser, settings_);
  report.flush();
}

}  // namespace vcl::train
