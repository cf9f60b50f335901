// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "training/batches.hpp"
#include "training/checkpoint.hpp"
#include "training/evaluate.hpp"
#include "training/fit_setup.hpp"
#include "training/losses.hpp"
#include "training/prefetch.hpp"
#include "training/report.hpp"
#include "training/stop_signal.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kAverageDecay = 0.998, kClipNorm = 1;
constexpr int kWarmUpSteps = 100, kStepsPerLogLine = 10;
constexpr double kCheckpointSeconds = 60;
constexpr std::size_t kPictures = 48;

at::Tensor stack_bytes(const Batch& batch, bool labels) {
  std::vector<at::Tensor> tensors;
  for (const Clip& clip : batch) {
    const std::int64_t h = clip.canvas.height, w = clip.canvas.width, t = clip.frames;
    auto* data = const_cast<std::uint8_t*>(labels ? clip.labels.data() : clip.images.data());
    tensors.push_back(labels ? at::from_blob(data, {t, h, w}, at::kByte)
                             : at::from_blob(data, {t, 3, h, w}, at::kByte));
  }
  return at::stack(tensors);
}

/// Mixed precision for the forward pass.
class Autocast {
 public:
  explicit Autocast(bool enabled) : enabled_(enabled) {
    if (!enabled_) return;
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~Autocast() {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }

 private:
  bool enabled_;
};

bool use_bf16(const std::string& precision) {
  if (precision == "bf16") return true;
  return precision == "auto" && __builtin_cpu_supports("avx512bf16");
}

/// A step asks for the same large blocks again and again: keeping them saves a tenth of the time (page faults).
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

class Trainer {
 public:
  explicit Trainer(const FitOptions& options)
      : stage_(stage_of(options.stage)),
        options_(complete(options, stage_)),
        photos_(options_.images, options_.labels, stage_.dense ? LabelKind::Soft : LabelKind::Instances),
        bf16_(use_bf16(options_.precision)) {
    at::set_num_threads(options_.threads);
    keep_freed_memory();
    prepare_folder();
    state_.model = starting_model(options_, stage_);
    state_.average = copy_of(state_.model.weights);
    config_ = VideoConfig::from_json(state_.model.config);
    optimiser_.emplace(state_.model.weights, OptimiserSettings{stage_.weight_decay, stage_.backbone_factor, kClipNorm});
    if (std::filesystem::exists(path("checkpoint.safetensors"))) {
      load_checkpoint(path("checkpoint.safetensors"), state_, *optimiser_, settings_of(options_));
      std::fprintf(stderr, "going on from step %lld\n", static_cast<long long>(state_.step));
    }
    if (options_.frames > 1) clips_ = held_out_clips(photos_, options_);
  }

  void run() {
    if (state_.finished && progress() >= 1) {
      std::fprintf(stderr, "%s is finished; use another --out or a larger budget\n", options_.out.c_str());
      return;
    }
    const StopOnSignal signals;
    Report report(options_.out, state_.step);
    const BatchMaker maker(options_, stage_.dense, photos_);
    Prefetch<Batch> batches(std::cref(maker), std::uint64_t(state_.step), options_.workers, 4 * options_.workers);
    double saved = state_.seconds, validated = state_.seconds;
    auto before = std::chrono::steady_clock::now();
    while (progress() < 1 && !StopOnSignal::requested()) {
      const Batch batch = batches.next();
      StepReport line = train(batch);
      const auto now = std::chrono::steady_clock::now();
      const double took = std::chrono::duration<double>(now - before).count();
      before = now;
      state_.seconds += took;
      ++state_.step;
      line.samples_per_second = options_.batch / took;
      if (state_.step % kStepsPerLogLine == 0) write(line, report);
      if (state_.seconds - validated >= 60 * options_.validate_minutes) {
        validate(report);
        validated = state_.seconds;
      }
      if (state_.seconds - saved >= kCheckpointSeconds) {
        save(report);
        saved = state_.seconds;
      }
    }
    state_.finished = progress() >= 1;
    validate(report);
    save(report);
    save_model(path("model.safetensors"), {state_.model.config, state_.average});
    std::fprintf(stderr, "%s: %lld steps, %lld skipped, %.1f minutes\n", path("model.safetensors").c_str(),
                 static_cast<long long>(state_.step), static_cast<long long>(state_.skipped), state_.seconds / 60);
  }

 private:
  std::string path(const char* name) const { return options_.out + "/" + name; }

  void prepare_folder() const {
    std::error_code failure;
    std::filesystem::create_directories(options_.out, failure);
    nlohmann::json settings = settings_of(options_);
    settings["minutes"] = options_.minutes;
    settings["steps"] = options_.steps;
    settings["threads"] = options_.threads;
    std::ofstream file(path("settings.json"));
    file << settings.dump(2) << '\n';
    if (!file.flush())
      throw Error(ErrorKind::Resource, "cannot write into " + options_.out + ": is it a writable folder?");
  }

  double progress() const {
    return options_.steps > 0 ? double(state_.step) / double(options_.steps) : state_.seconds / (60 * options_.minutes);
  }

  /// Warm-up, then half a cosine over the budget.
  double learning_rate() const {
    const double warm = std::min(1.0, double(state_.step + 1) / kWarmUpSteps);
    return options_.learning_rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress())));
  }

  /// Unmatched queries count little at first, so that a new network finds objects before it ranks them.
  double no_object() const { return progress() < 0.3 ? stage_.no_object_at_first : 0.3; }

  Losses losses_of(const Batch& batch) {
    const at::Tensor bytes = stack_bytes(batch, false).flatten(0, 1);
    const at::Tensor images = normalise_images(bytes.to(at::kFloat)).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor labels = stack_bytes(batch, true);
    if (stage_.dense) {
      at::Tensor logits;
      {
        const Autocast autocast(bf16_);
        logits = dense_logits(images, state_.model.weights, config_, true);
      }
      return dense_losses(logits, labels.squeeze(1));
    }
    std::vector<int> counts;
    for (const Clip& clip : batch) counts.push_back(clip.instances);
    std::vector<Prediction> predictions;
    {
      const Autocast autocast(bf16_);
      const FrameFeatures features = frame_features(images, state_.model.weights, config_, true);
      predictions = decode_clip(features, std::int64_t(batch.size()), state_.model.weights, config_, true);
    }
    return video_losses(predictions, make_targets(labels, std::move(counts)), no_object());
  }

  StepReport train(const Batch& batch) {
    const double rate = learning_rate();
    Losses losses = losses_of(batch);
    StepReport line{.loss = losses.total.item<double>(),
                    .classes = losses.classes,
                    .mask = losses.mask,
                    .dice = losses.dice,
                    .learning_rate = rate};
    bool updated = false;
    if (std::isfinite(line.loss)) {
      losses.total.backward();
      updated = optimiser_->step(rate);
      line.gradient_norm = optimiser_->gradient_norm();
    }
    if (updated)
      update_average(state_.average, state_.model.weights, kAverageDecay, state_.step);
    else
      ++state_.skipped;
    return line;
  }

  void write(StepReport line, Report& report) const {
    line.step = state_.step;
    line.seconds = state_.seconds;
    line.left = options_.steps > 0 ? double(options_.steps - state_.step) * state_.seconds / double(state_.step)
                                   : 60 * options_.minutes - state_.seconds;
    line.skipped = state_.skipped;
    report.step(line);
  }

  void validate(Report& report) {
    const Model model{state_.model.config, state_.average};
    std::vector<Picture> pictures;
    const Quality photos = evaluate_photos(photos_, model, &pictures, kPictures);
    nlohmann::json values = {{"top_iou", photos.top}, {"best_iou", photos.best}};
    if (!clips_.empty()) {
      const Quality tracks = evaluate_clips(clips_, model);
      values["clip_top_iou"] = tracks.top;
      values["clip_best_iou"] = tracks.best;
    }
    report.validation(state_.step, state_.seconds, values);
    if (photos.top > state_.best_top) {
      state_.best_top = photos.top;
      save_model(path("best.safetensors"), model);
    }
#ifdef VCL_HAVE_OPENCV
    write_contact_sheet(path("examples.png"), pictures, 6);
#endif
  }

  void save(Report& report) const {
    save_checkpoint(path("checkpoint.safetensors"), state_, *optimiser_, settings_of(options_));
    report.flush();
  }

  Stage stage_;
  FitOptions options_;
  LabelledPhotos photos_;
  std::vector<Clip> clips_;
  VideoConfig config_;
  TrainingState state_;
  std::optional<AdamW> optimiser_;
  bool bf16_;
};

}  // namespace

void fit(const FitOptions& options) {
  Trainer(options).run();
}

}  // namespace vcl::train
