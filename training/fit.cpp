// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "training/evaluate.hpp"
#include "training/initialise.hpp"
#include "training/losses.hpp"
#include "training/prefetch.hpp"
#include "training/report.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kAverageDecay = 0.998, kClipNorm = 1;
constexpr int kWarmUpSteps = 100, kStepsPerLogLine = 10;
constexpr double kCheckpointSeconds = 60;
constexpr std::size_t kPictures = 48, kHeldOutClips = 64;

volatile std::sig_atomic_t stop_requested = 0;

/// Ctrl-C ends training as if its time were spent, so that the files are complete.
class StopOnSignal {
 public:
  StopOnSignal() : interrupt_(std::signal(SIGINT, request)), terminate_(std::signal(SIGTERM, request)) {
    stop_requested = 0;
  }
  ~StopOnSignal() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGTERM, terminate_);
  }

 private:
  static void request(int) { stop_requested = 1; }
  void (*interrupt_)(int);
  void (*terminate_)(int);
};

/// What a stage sets where the options leave it open (recipe.md).
struct Stage {
  bool dense;
  int frames, batch;
  double learning_rate, weight_decay, backbone_factor;
  double no_object_at_first;
};

Stage stage_of(const std::string& name) {
  if (name == "dense") return {true, 1, 32, 2e-3, 1e-4, 1, 0};
  if (name == "image") return {false, 1, 16, 1e-3, 0.05, 1, 0.1};
  if (name == "video") return {false, 3, 8, 7e-4, 0.05, 0.5, 0.3};
  throw Error(ErrorKind::Invalid, "there is no stage " + name + "; the stages are dense, image and video");
}

FitOptions complete(FitOptions options, const Stage& stage) {
  if (options.batch == 0) options.batch = stage.batch;
  if (options.frames == 0) options.frames = stage.frames;
  if (options.learning_rate == 0) options.learning_rate = stage.learning_rate;
  if (options.canvas_pixels == 0) options.canvas_pixels = NetworkSizes{}.canvas_pixels;
  if (stage.dense && options.frames != 1)
    throw Error(ErrorKind::Invalid, "the dense stage trains on single photos: --frames must be 1");
  if (options.minutes <= 0 && options.steps <= 0)
    throw Error(ErrorKind::Invalid, "say how long to train: --minutes or --steps");
  return options;
}

/// What must be the same when training goes on from a checkpoint.
nlohmann::json settings_of(const FitOptions& o) {
  return {{"stage", o.stage},
          {"images", o.images},
          {"labels", o.labels},
          {"init", o.init},
          {"batch", o.batch},
          {"frames", o.frames},
          {"seed", o.seed},
          {"learning_rate", o.learning_rate},
          {"precision", o.precision},
          {"canvas_pixels", o.canvas_pixels},
          {"without_paste", o.without_paste},
          {"without_object", o.without_object}};
}

Model starting_model(const FitOptions& options, const Stage& stage) {
  at::manual_seed(options.seed);
  NetworkSizes sizes;
  sizes.canvas_pixels = options.canvas_pixels;
  Model model = initialise_network(sizes);
  if (!options.name.empty()) model.config["name"] = options.name;
  TensorMap& tensors = model.weights.tensors();
  if (stage.dense) {
    model.config["architecture"] = kDenseArchitecture;
    std::erase_if(tensors, [](const auto& entry) { return entry.first.starts_with("sem_seg_head.predictor."); });
    add_dense_head(model.weights, sizes.hidden);
  }
  if (!options.init.empty()) {
    const int missing = warm_start(model.weights, load_model(options.init).weights);
    if (missing == int(tensors.size()))
      throw Error(ErrorKind::Unsupported,
                  options.init + " has no tensor of this network; start from one that vcl-train made");
    std::fprintf(stderr, "%d of %d tensors from %s\n", int(tensors.size()) - missing, int(tensors.size()),
                 options.init.c_str());
  }
  for (auto& [name, tensor] : tensors)
    if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return model;
}

Weights copy_of(const Weights& weights) {
  TensorMap copies;
  for (const auto& [name, tensor] : weights.tensors()) copies[name] = tensor.detach().clone();
  return Weights(std::move(copies));
}

using Batch = std::vector<Clip>;

/// Makes batches by their index alone: any number of worker threads gives the same training data.
class BatchMaker {
 public:
  BatchMaker(const FitOptions& options, bool dense, const LabelledPhotos& photos)
      : options_(options), dense_(dense), photos_(photos), sampler_(photos.photos, photos.training) {
    if (!dense) source_.emplace(photos.photos, photos.training);
  }

  Batch operator()(std::uint64_t index) const {
    Random shape(options_.seed, index, ~std::uint64_t(0));
    const Size canvas = draw_canvas(shape, options_.canvas_pixels, 32);
    const ClipMix mix{options_.without_paste, options_.without_object};
    Batch batch;
    for (int i = 0; i < options_.batch; ++i) {
      Random random(options_.seed, index, std::uint64_t(i));
      batch.push_back(dense_ ? make_view(photos_.photos[sampler_.draw(random)], canvas, random)
                             : make_clip(*source_, canvas, options_.frames, mix, random));
    }
    return batch;
  }

 private:
  const FitOptions& options_;
  bool dense_;
  const LabelledPhotos& photos_;
  WeightedSampler sampler_;
  std::optional<ClipSource> source_;
};

std::vector<Clip> held_out_clips(const LabelledPhotos& photos, const FitOptions& options) {
  const ClipSource source(photos.photos, photos.held_out);
  std::vector<Clip> clips;
  for (std::size_t i = 0; i < kHeldOutClips; ++i) {
    Random random(0, i, 0);
    const Size canvas = draw_canvas(random, options.canvas_pixels, 32);
    clips.push_back(make_clip(source, canvas, options.frames, {}, random));
  }
  return clips;
}

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

class Trainer {
 public:
  explicit Trainer(const FitOptions& options)
      : stage_(stage_of(options.stage)),
        options_(complete(options, stage_)),
        photos_(options_.images, options_.labels, stage_.dense ? LabelKind::Soft : LabelKind::Instances),
        bf16_(use_bf16(options_.precision)) {
    at::set_num_threads(options_.threads);
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
    while (progress() < 1 && stop_requested == 0) {
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
