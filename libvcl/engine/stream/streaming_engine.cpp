// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/streaming_engine.hpp"

#include <algorithm>

#include "engine/device.hpp"
#include "engine/nn/layers.hpp"
#include "engine/video/clip_instances.hpp"
#include "vcl/error.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

template <typename T>
T model_value(const nlohmann::json& config, const char* key, T low, T high) {
  const auto entry = config.find(key);
  if (entry == config.end() || !entry->is_number())
    throw Error(ErrorKind::Unreadable, std::string("model configuration has no number \"") + key + "\"");
  const T value = entry->get<T>();
  if (!(value >= low && value <= high))
    throw Error(ErrorKind::Unreadable, std::string("model configuration: \"") + key + "\" is out of range");
  return value;
}

int option_or(int option, int model, int high, const char* name) {
  const int value = option == 0 ? model : option;
  if (value < 1 || value > high)
    throw Error(ErrorKind::Invalid, std::string(name) + " must be between 1 and " + std::to_string(high));
  return value;
}

/// Batches the frames of a window: each part is [1, ...] per frame.
FrameFeatures concatenate(const std::deque<FrameFeatures>& frames) {
  const auto cat = [&](auto part) {
    std::vector<at::Tensor> parts;
    for (const FrameFeatures& frame : frames) parts.push_back(part(frame));
    return at::cat(parts);
  };
  FrameFeatures all;
  for (std::size_t l = 0; l < frames.front().levels.size(); ++l)
    all.levels.push_back(cat([l](const FrameFeatures& frame) { return frame.levels[l]; }));
  all.mask_features = cat([](const FrameFeatures& frame) { return frame.mask_features; });
  return all;
}

/// How little of each mask lies along the border of the frame, as boundary connectivity (Zhu et al. 2014):
/// exp(-b^2 / 2), b = border cells / sqrt(area), mean over the frames. masks: bool [Q, T, h, w].
at::Tensor not_background(const at::Tensor& masks) {
  const at::Tensor m = masks.to(at::kFloat);
  const at::Tensor border =
      m.select(2, 0).sum(-1) + m.select(2, -1).sum(-1) + m.select(3, 0).sum(-1) + m.select(3, -1).sum(-1);
  return (-border.square() / m.sum({2, 3}).clamp_min(1) / 2).exp().mean(1);
}

/// min(1, share / typical)^(1/4) of each mask's share of the frame: of masks that are scored alike the larger is more
/// often the object that people mean, the smaller a detail of the background. masks: bool [Q, T, h, w].
at::Tensor large_enough(const at::Tensor& masks, double typical) {
  return (masks.to(at::kFloat).mean({1, 2, 3}) / typical).clamp_max(1).pow(0.25);
}

}  // namespace

StreamingEngine::StreamingEngine(const EngineOptions& options) : device_(open_device(options.device)) {
  const std::string path = options.model.empty() ? default_model_path() : options.model;
  Model model = load_model(path);
  if (model.config["architecture"] != "video_mask2former")
    throw Error(ErrorKind::Unsupported, path + " holds a " + model.config["architecture"].get<std::string>() +
                                            "; video segmentation needs a video_mask2former");
  weights_ = model.weights;
  prepare_for_inference(weights_);
  for (auto& [name, tensor] : weights_.tensors()) tensor = tensor.to(device_);
  try {
    configure(model.config);
  } catch (const Error& e) {
    throw Error(e.kind(), path + ": " + e.what());
  }
  window_ = option_or(options.window, window_, 256, "window");
  stride_ = option_or(options.stride, std::min(window_, stride_), window_, "stride");
  if (options.threads > 0) threads_ = options.threads;
  try_out(path);
}

void StreamingEngine::configure(const nlohmann::json& config) {
  config_ = VideoConfig::from_json(config);
  canvas_pixels_ = model_value<std::int64_t>(config, "canvas_pixels", config_.min_stride, 1 << 24);
  window_ = model_value<int>(config, "window", 1, 256);
  stride_ = model_value<int>(config, "stride", 1, 256);
  model_threshold_ = model_value<float>(config, "threshold", 0, 1);
  threads_ = config.contains("threads") ? model_value<int>(config, "threads", 1, 256) : usable_processors();
  if (config.contains("duplicate_iou")) duplicate_iou_ = model_value<double>(config, "duplicate_iou", 0, 1);
  border_prior_ = config.contains("border_prior") && model_value<int>(config, "border_prior", 0, 1) == 1;
  if (config.contains("typical_share")) typical_share_ = model_value<double>(config, "typical_share", 0, 1);
}

void StreamingEngine::try_out(const std::string& path) const {
  const c10::InferenceMode no_gradients;
  const std::int64_t side = 2 * config_.min_stride;
  try {
    const at::Tensor image = at::zeros({1, 3, side, side}, at::TensorOptions(device_));
    decode_clip(frame_features(image, weights_, config_), 1, weights_, config_);
  } catch (const Error& e) {
    throw Error(ErrorKind::Unreadable, path + ": " + e.what());
  } catch (const c10::Error& e) {
    throw Error(ErrorKind::Unreadable, path + " does not fit its architecture: " + e.what_without_backtrace());
  }
}

template <typename Work>
std::vector<FrameResult> StreamingEngine::guarded(Work work) {
  const c10::InferenceMode no_gradients;
  use_threads(threads_);
  try {
    return work();
  } catch (const c10::Error& e) {
    reset();
    throw Error(ErrorKind::Library, std::string("LibTorch: ") + e.what_without_backtrace());
  }
}

std::vector<FrameResult> StreamingEngine::push(const FrameView& frame, std::int64_t pts, bool infer) {
  return guarded([&] {
    accept(frame, pts, infer);
    return take_ready();
  });
}

void StreamingEngine::accept(const FrameView& frame, std::int64_t pts, bool infer) {
  if (pending_.empty() && recent_.empty())
    letterbox_ = letterbox_fit(frame.size, canvas_pixels_, config_.min_stride);
  else if (frame.size != letterbox_.source)
    throw Error(ErrorKind::Invalid, "the frame size changed in the middle of a stream; drain the engine first");

  Pending pending;
  pending.result = {.frame = frames_++, .pts = pts, .size = frame.size, .stale = !infer, .instances = {}};
  pending.infer = infer;
  if (infer) recent_.push_back(features_of(frame));
  pending_.push_back(std::move(pending));
  if (infer && ++fresh_ == (decoded_ ? stride_ : window_)) {
    decode();
    finish_frames(stride_);  // later windows see the others again
  }
}

std::vector<FrameResult> StreamingEngine::drain() {
  return guarded([&] {
    if (fresh_ > 0) decode();
    finish_frames(window_);
    std::vector<FrameResult> results = take_ready();
    reset();
    return results;
  });
}

void StreamingEngine::reset() {
  recent_.clear();
  fresh_ = 0;
  decoded_ = false;
  pending_.clear();
  latest_.clear();
  frames_ = 0;
  tracks_.clear();
}

FrameFeatures StreamingEngine::features_of(const FrameView& frame) {
  constexpr std::array<float, 3> kMean = {123.675f, 116.28f, 103.53f};  // padding is 0 once normalised
  at::Tensor image = at::empty({1, 3, letterbox_.canvas.height, letterbox_.canvas.width}, at::kFloat);
  frame_to_canvas(frame, letterbox_, kMean, image.mutable_data_ptr<float>());
  const at::Tensor input = normalise_images(image.to(device_)).contiguous(at::MemoryFormat::ChannelsLast);
  return frame_features(input, weights_, config_);
}

void StreamingEngine::decode() {
  const std::size_t frames = std::max<std::size_t>(window_, fresh_);
  while (recent_.size() > frames) recent_.pop_front();
  const int shared = int(recent_.size()) - fresh_;
  const Prediction prediction = decode_clip(concatenate(recent_), 1, weights_, config_).back();
  const at::Tensor masks = prediction.masks[0].to(at::kCPU, at::kFloat);  // [Q, T, H / 4, W / 4]
  at::Tensor scores = query_scores(prediction)[0].to(at::kCPU);
  const int rows = std::max(1, letterbox_.content.height / 4), columns = std::max(1, letterbox_.content.width / 4);
  const at::Tensor shown = masks.gt(0).slice(2, 0, rows).slice(3, 0, columns);
  if (border_prior_) scores = scores * not_background(shown);
  if (typical_share_ > 0) scores = scores * large_enough(shown, typical_share_);
  tracks_.update(masks, scores, shared);
  fresh_ = 0;
  decoded_ = true;
}

void StreamingEngine::finish_frames(int most) {
  // What waits are the newest frames of the window.
  const auto waits = [](const Pending& pending) { return pending.infer && !pending.decoded; };
  const int waiting = int(std::ranges::count_if(pending_, waits));
  int frame = int(recent_.size()) - waiting;
  const int end = std::min(int(recent_.size()), frame + most);
  for (Pending& pending : pending_) {
    if (!waits(pending) || frame == end) continue;
    pending.result.instances = instances_of(frame++);
    pending.decoded = true;
  }
}

std::vector<Instance> StreamingEngine::instances_of(int frame) {
  const double threshold = filters_.threshold < 0 ? model_threshold_ : filters_.threshold;
  std::vector<std::pair<std::uint64_t, const Track*>> reported;
  for (const auto& [key, track] : tracks_.alive())
    if (track.seen[frame] > 0 && track.counts(threshold)) reported.emplace_back(key, &track);
  std::ranges::stable_sort(reported, std::greater<>{}, [](const auto& entry) { return entry.second->score; });

  std::vector<Instance> instances;
  for (const auto& [key, track] : reported) {
    if (int(instances.size()) >= filters_.max_instances) break;
    Instance instance;
    instance.mask = frame_mask(track->logits[frame], letterbox_);
    instance.area = rle_area(instance.mask);
    if (instance.area == 0 || instance.area < filters_.min_area) continue;
    const auto repeats = [&](const Instance& better) { return rle_iou(better.mask, instance.mask) > duplicate_iou_; };
    if (std::ranges::any_of(instances, repeats)) continue;
    instance.box = rle_box(instance.mask);
    instance.score = float(track->score);
    instance.is_new = track->id == 0;
    instance.track_id = tracks_.report(key);
    instances.push_back(std::move(instance));
  }
  return instances;
}

std::vector<FrameResult> StreamingEngine::take_ready() {
  std::vector<FrameResult> results;
  for (; !pending_.empty() && (pending_.front().decoded || !pending_.front().infer); pending_.pop_front()) {
    FrameResult& result = pending_.front().result;
    if (!pending_.front().infer) result.instances = latest_;
    latest_ = result.instances;
    for (Instance& instance : latest_) instance.is_new = false;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace vcl
