// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/distributed/launch.hpp"
#include "training/pretrain/distillation.hpp"
#include "training/pretrain/views.hpp"

namespace vcl::train {

/// The options of `vcl-train pretrain`.
struct PretrainOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< its soft or instance labels, only for the probe; empty: no probe and no held-out photos
  std::string out;     ///< output folder
  DistillationSizes network;
  ViewSettings views;
  double minutes = 0;      ///< training time; the schedules follow the clock
  std::int64_t steps = 0;  ///< alternative: number of batches; all results are then reproducible
  int batch = 32;          ///< number of photos
  double learning_rate = 5e-4;
  double momentum = 0.99;  ///< initial momentum of the teacher; rises to 1
  std::uint64_t seed = 1;
  int threads = 1;  ///< for computation
  int workers = 1;  ///< threads that make views
  int probes = 20;  ///< maximum number of probes over the budget, besides those at start and end
  std::string device = "auto";
  double worker_timeout = kWorkerTimeout;  ///< seconds, if there are several processes
};

/// Trains an encoder with self-supervision, alone or as one of several processes (launch.hpp), until the budget is
/// spent or a signal requests an end. Writes into options.out: model.safetensors (the teacher's encoder),
/// checkpoint.safetensors (every minute; a later call continues from it), settings.json, log.jsonl and, with OpenCV,
/// loss.png. With labels it also writes best.safetensors (the encoder with the best probe so far, by
/// FeatureQuality::rank) and probe.png. Prints a warning if the features collapse.
void pretrain(const PretrainOptions& options);

/// Returns how often the image vector of a random view of a photo is nearer (cosine) to another view of the same photo
/// than to the views of all others, over at most 128 photos. Chance is one divided by their number. `model` is an
/// encoder, with or without head.
double view_match_rate(const std::vector<Photo>& photos, const Model& model, const ViewSettings& settings);

}  // namespace vcl::train
