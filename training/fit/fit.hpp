// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "training/clips/paper_clips.hpp"
#include "training/distributed/launch.hpp"
#include "training/learning/schedule.hpp"

namespace vcl::train {

/// The options of `vcl-train fit`. 0 (and empty text) selects the default of the stage.
struct FitOptions {
  std::string stage;  ///< dense: a saliency network; image: the video network on single frames; video: the video
                      ///< network on clips
  std::vector<std::string> images;  ///< packs of photos
  std::vector<std::string> labels;  ///< one per pack: soft labels (dense) or instance maps (image, video)
  std::string videos;               ///< YouTube-VIS annotations of real videos to train on, with photos or alone
  std::string video_frames;         ///< the folder that its file names are relative to
  double labelled_share = 0.5;      ///< share of the batches from videos, if there are photos too
  std::string init;                 ///< model to start from, of any size; empty: a small random one
  std::string out;                  ///< output folder
  std::string name;                 ///< name of the model, stored in its configuration
  double minutes = 0;               ///< training time; the schedule follows the clock
  std::int64_t steps = 0;  ///< alternative: number of updates; the schedule and all results are then reproducible
  int batch = 0;
  int accumulate = 1;  ///< batches per update, whose gradients are summed
  int frames = 0;
  double learning_rate = 0;
  Schedule schedule{.kind = "", .drops = {}, .warm_up = -1};  ///< no kind, no drops, -1: defaults of the objective
  std::uint64_t seed = 1;
  int threads = 1;                 ///< for computation
  int workers = 1;                 ///< threads that make clips
  std::string precision = "auto";  ///< fp32, bf16, or auto: bf16 if the device has instructions for it
  std::string device = "auto";     ///< as in open_device
  std::int64_t canvas_pixels = 0;
  std::vector<int> neighbours;   ///< VideoConfig::neighbours of the network; empty: as in `init`
  bool fine_masks = false;       ///< masks of stride 2 (add_fine_masks); false: as in `init`, 4 in a new network
  ClipOptions clips;             ///< of natural training clips; held-out clips use the defaults
  std::string mode = "natural";  ///< mode of training clips (paste_mode); held-out clips are natural
  /// The losses and optimizer: "recipe" (losses.hpp) or "paper" (point_losses.hpp and the authors' optimizer).
  std::string objective = "recipe";
  double no_object = 0.3;  ///< recipe: weight of an unmatched query; the image stage starts with less
  bool drop_loss = false;  ///< recipe: VideoLosses::drop
  double moves_weight = 2;
  double validate_minutes = 3;
  double worker_timeout = kWorkerTimeout;  ///< seconds, if there are several processes
};

/// Trains, alone or as one of several processes (launch.hpp), until the budget is spent or a signal (SIGINT, SIGTERM)
/// requests an end. Writes into options.out: model.safetensors (the moving average), best.safetensors (best held-out
/// top score), checkpoint.safetensors (every minute; a later call continues from it), settings.json, log.jsonl,
/// report.html, errors.jsonl (unusable input) and, with OpenCV, loss.png and examples.png. Folders of photos and COCO
/// annotations are first converted to a pack and a label file there.
void fit(const FitOptions& options);

}  // namespace vcl::train
