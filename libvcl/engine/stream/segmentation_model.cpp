// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/segmentation_model.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/precision.hpp"
#include "libvcl/engine/stream/steps.hpp"
#include "vcl/error.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

constexpr double kLoadShare = 0.7;  // of opening; an empty frame through the network is the rest

template <typename T>
T model_value(const nlohmann::json& config, const char* key, T low, T high) {
  const auto entry = config.find(key);
  if (entry == config.end() || !entry->is_number())
    throw Error(ErrorKind::Unreadable, std::string("model configuration has no number \"") + key + "\"");
  const double value = entry->get<double>();  // T could overflow
  if (!(value >= double(low) && value <= double(high)))
    throw Error(ErrorKind::Unreadable, std::string("model configuration: \"") + key + "\" is out of range");
  return entry->get<T>();
}

int option_or(int option, int model, int high, const char* name) {
  const int value = option == 0 ? model : option;
  if (value < 1 || value > high)
    throw Error(ErrorKind::Invalid, std::string(name) + " must be between 1 and " + std::to_string(high));
  return value;
}

}  // namespace

SegmentationModel::SegmentationModel(const EngineOptions& options)
    : SegmentationModel(options, open_video_model(options, kLoadShare)) {}

SegmentationModel::SegmentationModel(const EngineOptions& options, const VideoModel& opened)
    : device(opened.device), precision(opened.precision), weights(opened.model->weights), shared_(opened.model) {
  const std::string& path = opened.path;
  try {
    configure(opened.model->config);
  } catch (const Error& e) {
    throw Error(e.kind(), path + ": " + e.what());
  }
  window = option_or(options.window, window, 256, "window");
  stride = option_or(options.stride, std::min(window, stride), window, "stride");
  if (options.threads > 0) threads = options.threads;
  use_threads(threads);
  if (options.motion == Motion::Auto) neighbours = config.neighbours;
  try {
    check_motion(weights, config);
    try_out();
  } catch (const Error& e) {
    throw Error(ErrorKind::Unreadable, path + ": " + e.what());
  } catch (const c10::Error& e) {
    throw Error(ErrorKind::Unreadable, path + " does not fit its architecture: " + e.what_without_backtrace());
  }
  Steps(options.watcher.get()).reach(1);
}

void SegmentationModel::configure(const nlohmann::json& settings) {
  config = VideoConfig::from_json(settings);
  canvas_pixels = model_value<std::int64_t>(settings, "canvas_pixels", config.min_stride, 1 << 24);
  window = model_value<int>(settings, "window", 1, 256);
  stride = model_value<int>(settings, "stride", 1, 256);
  threshold = model_value<float>(settings, "threshold", 0, 1);
  threads = settings.contains("threads") ? model_value<int>(settings, "threads", 1, 256) : usable_processors();
  if (settings.contains("duplicate_iou")) duplicate_iou = model_value<double>(settings, "duplicate_iou", 0, 1);
  const auto asks_for = [&](const char* key) {
    return settings.contains(key) && model_value<int>(settings, key, 0, 1) == 1;
  };
  if (settings.contains("overlap")) overlap = asks_for("overlap");
  calibration = ScoreCalibration(settings.value("calibration", nlohmann::json()));
  border_prior = asks_for("border_prior");
  motion_prior = asks_for("motion_prior");
  color_refinement = asks_for("color_refinement");
  if (settings.contains("typical_share")) typical_share = model_value<double>(settings, "typical_share", 0, 1);
}

void SegmentationModel::try_out() {
  const c10::InferenceMode no_gradients;
  const std::int64_t side = 2 * config.min_stride;
  const at::Tensor image = at::zeros({1, 3, side, side}, at::TensorOptions(device));
  const Prediction prediction = decode_clip(features_of_input(image), 1, weights, config).back();
  mask_stride = int(side / prediction.masks.size(-1));
}

at::Tensor SegmentationModel::canvas_of(const FrameView& frame, const Letterbox& letterbox) {
  constexpr std::array<float, 3> kMean = {123.675f, 116.28f, 103.53f};  // padding is 0 after normalization
  at::Tensor canvas = at::empty({1, 3, letterbox.canvas.height, letterbox.canvas.width}, at::kFloat);
  frame_to_canvas(frame, letterbox, kMean, canvas.mutable_data_ptr<float>());
  return canvas;
}

FrameFeatures SegmentationModel::features_of(const at::Tensor& canvas, const at::Tensor& planes) const {
  at::Tensor image = normalise_images(canvas.to(device));
  if (planes.defined()) image = at::cat({image, planes.to(device)}, 1);
  return features_of_input(image.contiguous(at::MemoryFormat::ChannelsLast));
}

FrameFeatures SegmentationModel::features_of_input(const at::Tensor& image) const {
  const ProductPrecision products(device.type(), precision);
  FrameFeatures features = frame_features(image, weights, config);
  for (at::Tensor& level : features.levels) level = level.to(at::kFloat);
  features.mask_features = features.mask_features.to(at::kFloat);
  return features;
}

}  // namespace vcl
