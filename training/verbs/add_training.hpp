// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace vcl::train {

/// Adds the options of all trainings (budget, machines) and a callback that calls `run` with all options.
template <typename Options>
void add_training(CLI::App& verb, const std::shared_ptr<Options>& options, void (*run)(const Options&)) {
  auto* minutes =
      verb.add_option("--minutes", options->minutes, "Training time in minutes")->check(CLI::PositiveNumber);
  verb.add_option("--steps", options->steps, "Number of updates, instead of --minutes")
      ->check(CLI::PositiveNumber)
      ->excludes(minutes);
  verb.add_option("--seed", options->seed, "Seed of all random draws")->capture_default_str();
  verb.add_option("--threads", options->threads, "CPU threads of the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb.add_option("--workers", options->workers, "Threads that make the training data")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb.add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  verb.add_option(
          "--worker-timeout", options->worker_timeout,
          "With several processes (torchrun, srun, mpirun): seconds after which a silent process counts as lost")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 86400.0));
  verb.callback([options, run] {
    if (options->minutes <= 0 && options->steps <= 0) throw CLI::RequiredError("--minutes or --steps");
    run(*options);
  });
}

}  // namespace vcl::train
