// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit/fit_setup.hpp"

#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/learning/initialise.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

namespace {

Stage recipe_stage(const std::string& name) {
  if (name == "dense") return {true, 1, 32, 2e-3, 1e-4, 1, 0};
  if (name == "image") return {false, 1, 16, 1e-3, 0.05, 1, 0.1};
  if (name == "video") return {false, 3, 8, 7e-4, 0.05, 0.5, 0.3};
  throw Error(ErrorKind::Invalid, "there is no stage " + name + "; the stages are dense, image and video");
}

/// Completes a schedule. The rate drops only for the paper's last update; otherwise at the usual points of detector
/// schedules.
Schedule complete(Schedule schedule, bool paper) {
  if (schedule.kind.empty()) schedule.kind = paper ? "step" : "cosine";
  if (schedule.drops.empty() && schedule.kind == "step")
    schedule.drops = paper ? std::vector{79999.0 / 80000} : std::vector{2.0 / 3, 8.0 / 9};
  if (schedule.kind != "step" && !schedule.drops.empty())
    throw Error(ErrorKind::Invalid, "--drops are for --schedule step");
  if (schedule.warm_up < 0) schedule.warm_up = paper ? 0 : 100;
  return schedule;
}

/// Returns the canvas size in a model's configuration.
std::int64_t canvas_of(const nlohmann::json& network) {
  const nlohmann::json pixels = network.value("canvas_pixels", nlohmann::json(NetworkSizes{}.canvas_pixels));
  if (!pixels.is_number_integer() || pixels < 1024 || pixels > 1 << 24)
    throw Error(ErrorKind::Unreadable, "the model to start from has no usable canvas_pixels; give --canvas");
  return pixels;
}

}  // namespace

Stage stage_of(const FitOptions& options) {
  Stage stage = recipe_stage(options.stage);
  if (options.objective != "paper") return stage;
  if (stage.dense) throw Error(ErrorKind::Invalid, "the paper has no dense stage: --objective is for image and video");
  stage.batch = 16;
  stage.learning_rate = 5e-6;
  return stage;
}

FitOptions complete(FitOptions options, const Stage& stage, const nlohmann::json& network) {
  if (options.batch == 0) options.batch = stage.batch;
  if (options.frames == 0) options.frames = stage.frames;
  if (options.learning_rate == 0) options.learning_rate = stage.learning_rate;
  if (options.canvas_pixels == 0) options.canvas_pixels = canvas_of(network);
  options.neighbours = VideoConfig::from_json(network).neighbours;
  options.schedule = complete(options.schedule, options.objective == "paper");
  if (options.images.empty() && options.videos.empty())
    throw Error(ErrorKind::Invalid, "say what to train on: --images with --labels, --videos with --video-frames");
  if (options.images.empty()) options.labelled_share = 1;
  if (stage.dense && !options.videos.empty())
    throw Error(ErrorKind::Invalid, "the dense stage trains on photos: --videos is for image and video");
  if (stage.dense && options.frames != 1)
    throw Error(ErrorKind::Invalid, "the dense stage trains on single photos: --frames must be 1");
  check_mode(options.mode, options.frames, options.clips);
  if (options.minutes <= 0 && options.steps <= 0)
    throw Error(ErrorKind::Invalid, "say how long to train: --minutes or --steps");
  return options;
}

nlohmann::json settings_of(const FitOptions& options) {
  nlohmann::json settings = settings_of(options.clips);
  settings.update({{"stage", options.stage},
                   {"images", options.images},
                   {"labels", options.labels},
                   {"videos", options.videos},
                   {"video_frames", options.video_frames},
                   {"labelled_share", options.labelled_share},
                   {"init", options.init},
                   {"batch", options.batch},
                   {"accumulate", options.accumulate},
                   {"frames", options.frames},
                   {"seed", options.seed},
                   {"learning_rate", options.learning_rate},
                   {"schedule", options.schedule.kind},
                   {"drops", options.schedule.drops},
                   {"warm_up", options.schedule.warm_up},
                   {"precision", options.precision},
                   {"canvas_pixels", options.canvas_pixels},
                   {"mode", options.mode},
                   {"neighbours", options.neighbours},
                   {"no_object", options.no_object},
                   {"drop_loss", options.drop_loss},
                   {"moves_weight", options.moves_weight},
                   {"objective", options.objective}});
  if (options.fine_masks) settings["fine_masks"] = true;  // older checkpoints have no such entry
  return settings;
}

}  // namespace vcl::train
