// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "training/clips/paper_clips.hpp"
#include "training/distributed/launch.hpp"
#include "training/learning/schedule.hpp"

namespace vcl::train {

/// What `vcl-train fit` is told. Values of 0 (and empty text) take the stage's default.
struct FitOptions {
  std::string stage;  ///< dense: a saliency network; image: the video network on single frames; video: on clips
  std::vector<std::string> images;  ///< packs of photos
  std::vector<std::string> labels;  ///< of each pack: soft labels (dense) or instance maps (image, video)
  std::string videos;        ///< YouTube-VIS annotations of real videos to train on, beside the photos or without any
  std::string video_frames;  ///< the folder that its file names are relative to
  double labelled_share = 0.5;  ///< of the batches that come from them, where there are photos too
  std::string init;             ///< model to start from, of any size; empty: a small random one
  std::string out;              ///< folder
  std::string name;             ///< of the model, kept in its configuration
  double minutes = 0;           ///< training time; the schedule follows the clock
  std::int64_t steps = 0;       ///< or a number of updates; the schedule, and so every figure, is then reproducible
  int batch = 0;
  int accumulate = 1;  ///< batches whose gradients make an update
  int frames = 0;
  double learning_rate = 0;
  Schedule schedule{.kind = "", .drops = {}, .warm_up = -1};  ///< no kind, no drops, -1: the objective's
  std::uint64_t seed = 1;
  int threads = 1;                 ///< of the arithmetic
  int workers = 1;                 ///< threads that make clips
  std::string precision = "auto";  ///< fp32, bf16, auto: bf16 where the device has instructions for it
  std::string device = "auto";     ///< as open_device takes it
  std::int64_t canvas_pixels = 0;
  std::vector<int> neighbours;   ///< VideoConfig::neighbours that the network is to have; none: as in `init`
  bool fine_masks = false;       ///< masks of stride 2 (add_fine_masks); false: as in `init`, of a new network 4
  ClipOptions clips;             ///< of natural clips that are trained on; held-out ones have the defaults
  std::string mode = "natural";  ///< of the clips that are trained on (paste_mode); held-out ones are natural
  /// What is minimised, and how: "recipe" (losses.hpp), or "paper": point_losses.hpp and the authors' optimiser.
  std::string objective = "recipe";
  double no_object = 0.3;  ///< recipe: weight of an unmatched query, after a start with less in the image stage
  bool drop_loss = false;  ///< recipe: VideoLosses::drop
  double moves_weight = 2;
  double validate_minutes = 3;
  double worker_timeout = kWorkerTimeout;  ///< seconds; of several processes
};

/// Trains, alone or as one of several processes (launch.hpp), until the budget is spent or a signal (SIGINT, SIGTERM)
/// asks for an end; writes into options.out:
/// model.safetensors (the moving average), best.safetensors (best held-out top score), checkpoint.safetensors (each
/// minute; a later call goes on from it), settings.json, log.jsonl, report.html, errors.jsonl (input that could not be
/// used), and with OpenCV loss.png and examples.png. Photos in folders and COCO annotations become a pack and a label
/// file there first.
void fit(const FitOptions& options);

}  // namespace vcl::train
