// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/distributed/launch.hpp"
#include "training/pretrain/distillation.hpp"
#include "training/pretrain/views.hpp"

namespace vcl::train {

/// What `vcl-train pretrain` is told.
struct PretrainOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< its soft or instance labels, for the probe only; empty: no probe, no photo is held out
  std::string out;     ///< folder
  DistillationSizes network;
  ViewSettings views;
  double minutes = 0;      ///< training time; the schedules follow the clock
  std::int64_t steps = 0;  ///< or a number of batches; every figure is then reproducible
  int batch = 32;          ///< photos
  double learning_rate = 5e-4;
  double momentum = 0.99;  ///< of the teacher at first; rises to 1
  std::uint64_t seed = 1;
  int threads = 1;  ///< of the arithmetic
  int workers = 1;  ///< threads that make views
  int probes = 20;  ///< most looks at the held-out photos over the budget, beside those at start and end
  std::string device = "auto";
  double worker_timeout = kWorkerTimeout;  ///< seconds; of several processes
};

/// Self-supervised training of an encoder, alone or as one of several processes (launch.hpp), until the budget is spent
/// or a signal asks for an end; writes into options.out: model.safetensors (the teacher's encoder),
/// checkpoint.safetensors (each minute; a later call goes on from it), settings.json, log.jsonl, and with OpenCV
/// loss.png; with labels also best.safetensors (the encoder at the best probe, FeatureQuality::rank, so far) and
/// probe.png. A run whose features collapse says so.
void pretrain(const PretrainOptions& options);

/// How often the image vector of one random view of a photo is nearer (cosine) to another view of the same photo than
/// to the views of all others, over at most 128 photos. Chance is one over their number. `model`: an encoder, head or
/// not.
double view_match_rate(const std::vector<Photo>& photos, const Model& model, const ViewSettings& settings);

}  // namespace vcl::train
