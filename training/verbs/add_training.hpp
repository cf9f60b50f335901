// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace vcl::train {

/// What every training is told of its budget and its machines; then the verb is `run` with all its options.
template <typename Options>
void add_training(CLI::App& verb, const std::shared_ptr<Options>& options, void (*run)(const Options&)) {
  auto* minutes = verb.add_option("--minutes", options->minutes, "Training time")->check(CLI::PositiveNumber);
  verb.add_option("--steps", options->steps, "Number of updates, instead of a time")
      ->check(CLI::PositiveNumber)
      ->excludes(minutes);
  verb.add_option("--seed", options->seed, "Of everything random")->capture_default_str();
  verb.add_option("--threads", options->threads, "Threads of the arithmetic")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb.add_option("--workers", options->workers, "Threads that make what is trained on")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb.add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  verb.add_option("--worker-timeout", options->worker_timeout,
                  "Of several processes (torchrun, srun, mpirun): seconds until one that is silent is given up")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 86400.0));
  verb.callback([options, run] {
    if (options->minutes <= 0 && options->steps <= 0) throw CLI::RequiredError("--minutes or --steps");
    run(*options);
  });
}

}  // namespace vcl::train
