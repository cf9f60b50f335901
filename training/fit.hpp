// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "training/distributed/launch.hpp"
#include "training/paper_clips.hpp"

namespace vcl::train {

/// What `vcl-train fit` is told. Values of 0 (and empty text) take the stage's default.
struct FitOptions {
  std::string stage;  ///< dense: a saliency network; image: the video network on single frames; video: on clips
  std::vector<std::string> images;  ///< packs of photos
  std::vector<std::string> labels;  ///< of each pack: soft labels (dense) or instance maps (image, video)
  std::string init;                 ///< model to start from; empty: random
  std::string out;                  ///< folder
  std::string name;                 ///< of the model, kept in its configuration
  double minutes = 0;               ///< training time; the schedule follows the clock
  std::int64_t steps = 0;           ///< or a number of batches; the schedule, and so every figure, is then reproducible
  int batch = 0;
  int frames = 0;
  double learning_rate = 0;
  std::uint64_t seed = 1;
  int threads = 1;                 ///< of the arithmetic
  int workers = 1;                 ///< threads that make clips
  std::string precision = "auto";  ///< fp32, bf16, auto: bf16 where the processor has instructions for it
  std::int64_t canvas_pixels = 0;
  double without_paste = ClipMix{}.without_paste;
  double without_object = ClipMix{}.without_object;
  std::string mode = "natural";  ///< of the clips that are trained on (paste_mode); held-out ones are natural
  /// What is minimised, and how: "recipe" (losses.hpp), or "paper": point_losses.hpp and the authors' optimiser.
  std::string objective = "recipe";
  double validate_minutes = 3;
  double worker_timeout = kWorkerTimeout;  ///< seconds; of several processes
};

/// Trains, alone or as one of several processes (launch.hpp), until the budget is spent or a signal (SIGINT, SIGTERM)
/// asks for an end; writes into options.out:
/// model.safetensors (the moving average), best.safetensors (best held-out top score), checkpoint.safetensors (each
/// minute; a later call goes on from it), settings.json, log.jsonl, and with OpenCV loss.png and examples.png.
void fit(const FitOptions& options);

}  // namespace vcl::train
