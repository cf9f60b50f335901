// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/training_run.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "training/stop_signal.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kCheckpointSeconds = 60;
constexpr const char* kCheckpoint = "checkpoint.safetensors";

}  // namespace

TrainingRun::TrainingRun(std::string folder, Budget budget, nlohmann::json settings)
    : folder_(std::move(folder)), budget_(budget), settings_(std::move(settings)) {}

void TrainingRun::prepare_folder(const nlohmann::json& more) const {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  nlohmann::json settings = settings_;
  settings.update({{"minutes", budget_.minutes}, {"steps", budget_.steps}});
  settings.update(more);
  std::ofstream file(path("settings.json"));
  file << settings.dump(2) << '\n';
  if (!file.flush()) throw Error(ErrorKind::Resource, "cannot write into " + folder_ + ": is it a writable folder?");
}

void TrainingRun::resume() {
  if (!std::filesystem::exists(path(kCheckpoint))) return;
  load_checkpoint(path(kCheckpoint), state, *optimiser, settings_);
  std::fprintf(stderr, "going on from step %lld\n", static_cast<long long>(state.step));
}

void TrainingRun::train(const TrainingLoop& loop, const std::function<Model()>& kept) {
  if (state.finished && progress() >= 1) {
    std::fprintf(stderr, "%s is finished; use another --out or a larger budget\n", folder_.c_str());
    return;
  }
  const StopOnSignal signals;
  Report report(folder_, state.step);
  if (state.step == 0) loop.validate(report);
  double saved = state.seconds, validated = state.seconds;
  auto before = std::chrono::steady_clock::now();
  while (progress() < 1 && !StopOnSignal::requested()) {
    loop.step();
    const auto now = std::chrono::steady_clock::now();
    const double took = std::chrono::duration<double>(now - before).count();
    before = now;
    state.seconds += took;
    ++state.step;
    if (state.step % loop.steps_per_line == 0) loop.log(loop.samples / took, report);
    if (loop.validate_seconds > 0 && state.seconds - validated >= loop.validate_seconds) {
      loop.validate(report);
      validated = state.seconds;
    }
    if (state.seconds - saved >= kCheckpointSeconds) {
      save(report);
      saved = state.seconds;
    }
  }
  state.finished = progress() >= 1;
  loop.validate(report);
  save(report);
  save_model(path("model.safetensors"), kept());
  std::fprintf(stderr, "%s: %lld steps, %lld skipped, %.1f minutes\n", path("model.safetensors").c_str(),
               static_cast<long long>(state.step), static_cast<long long>(state.skipped), state.seconds / 60);
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
