// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "engine/nn/batch_norm.hpp"
#include "engine/precision.hpp"
#include "training/batches.hpp"
#include "training/distributed/gradient_reducer.hpp"
#include "training/evaluate.hpp"
#include "training/fit_setup.hpp"
#include "training/losses.hpp"
#include "training/point_losses.hpp"
#include "training/prefetch.hpp"
#include "training/training_run.hpp"

namespace vcl::train {
namespace {

constexpr double kAverageDecay = 0.998, kClipNorm = 1;
constexpr int kWarmUpSteps = 100, kStepsPerLogLine = 10;
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

Precision precision_of(const std::string& name) {
  const bool narrow = name == "bf16" || (name == "auto" && __builtin_cpu_supports("avx512bf16"));
  return narrow ? Precision::Bf16 : Precision::Fp32;
}

/// A step asks for the same large blocks again and again: keeping them saves a tenth of the time (page faults).
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

OptimiserSettings optimiser_of(const FitOptions& options, const Stage& stage) {
  if (options.objective == "paper") return {0.05, 0.1, 0.01, true};
  return {stage.weight_decay, stage.backbone_factor, kClipNorm};
}

/// The authors' losses; the points depend on the seed of each clip alone, so that a resumed run goes on as it would
/// have, with any number of processes.
Losses paper_losses(const std::vector<Prediction>& predictions, const at::Tensor& labels,
                    const std::vector<int>& counts, const WholeBatch& whole, const std::vector<std::uint64_t>& seeds) {
  std::vector<at::Generator> generators;
  for (const std::uint64_t seed : seeds) generators.push_back(at::detail::createCPUGenerator(seed));
  const auto draw = [&](const std::vector<std::int64_t>& clip_of_row, std::int64_t points) {
    std::vector<at::Tensor> rows;
    for (const std::int64_t clip : clip_of_row)
      rows.push_back(at::rand({points, 2}, generators[std::size_t(clip)], at::TensorOptions(at::kFloat)));
    return at::stack(rows);
  };
  const PointLosses losses = point_losses(predictions, object_masks(labels, counts), whole, kPaperPoints, draw);
  const PointLoss& last = losses.predictions.front();
  return {losses.total, last.classes.item<double>(), last.mask.item<double>(), last.dice.item<double>()};
}

FitOptions without_init(FitOptions options) {
  options.init.clear();
  return options;
}

class Trainer {
 public:
  explicit Trainer(const FitOptions& options)
      : workers_(launch_of(process_environment()), options.worker_timeout),
        stage_(stage_of(options.stage)),
        options_(complete(options, stage_)),
        share_(workers_.share(options_.batch)),
        photos_(options_.images, options_.labels, stage_.dense ? LabelKind::Soft : LabelKind::Instances),
        run_(options_.out, {options_.minutes, options_.steps}, settings_of(options_), workers_),
        precision_(precision_of(options_.precision)) {
    at::set_num_threads(options_.threads);
    keep_freed_memory();
    run_.prepare_folder(photos_.photos.size(), {{"threads", options_.threads}, {"processes", workers_.size()}});
    workers_.first_only([&] { state_.model = starting_model(options_, stage_); });
    if (!workers_.first())
      state_.model = starting_model(without_init(options_), stage_);  // the first one's state follows
    state_.average = copy_of(state_.model.weights);
    config_ = VideoConfig::from_json(state_.model.config);
    run_.optimiser.emplace(state_.model.weights, optimiser_of(options_, stage_));
    run_.resume();
    gradients_.emplace(workers_, state_.model.weights);
    if (workers_.first() && options_.frames > 1) clips_ = held_out_clips(photos_, options_);
  }

  void run() {
    const BatchMaker maker(options_, stage_.dense, photos_, share_);
    Prefetch<Batch> batches(std::cref(maker), std::uint64_t(state_.step), options_.workers, 4 * options_.workers);
    StepReport line;
    run_.train({.step = [&] { line = train(batches.next()); },
                .log = [&](double samples_per_second, Report& report) { write(line, samples_per_second, report); },
                .validate = [&](Report& report) { validate(report); },
                .samples = options_.batch,
                .steps_per_line = kStepsPerLogLine,
                .validate_seconds = 60 * options_.validate_minutes},
               [&] { return average(); });
    gradients_->report();
  }

 private:
  Model average() const { return {state_.model.config, state_.average}; }

  /// Warm-up, then half a cosine over the budget.
  double learning_rate() const {
    const double warm = std::min(1.0, double(state_.step + 1) / kWarmUpSteps);
    return options_.learning_rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, run_.progress())));
  }

  /// Unmatched queries count little at first, so that a new network finds objects before it ranks them.
  double no_object() const { return run_.progress() < 0.3 ? stage_.no_object_at_first : 0.3; }

  /// This process's summands.
  Losses losses_of(const Batch& batch) {
    const BatchInParts parts(workers_.summing());
    const at::Tensor bytes = stack_bytes(batch, false).flatten(0, 1);
    const at::Tensor images = normalise_images(bytes.to(at::kFloat)).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor labels = stack_bytes(batch, true);
    if (stage_.dense) {
      at::Tensor logits;
      {
        const ProductPrecision products(at::kCPU, precision_);
        logits = dense_logits(images, state_.model.weights, config_, true);
      }
      return dense_losses(logits, labels.squeeze(1), {options_.batch, 0});
    }
    std::vector<int> counts;
    for (const Clip& clip : batch) counts.push_back(clip.instances);
    const WholeBatch whole{options_.batch, workers_.sum(std::accumulate(counts.begin(), counts.end(), 0.0))};
    std::vector<Prediction> predictions;
    {
      const ProductPrecision products(at::kCPU, precision_);
      const FrameFeatures features = frame_features(images, state_.model.weights, config_, true);
      predictions = decode_clip(features, std::int64_t(batch.size()), state_.model.weights, config_, true);
    }
    if (options_.objective == "paper") return paper_losses(predictions, labels, counts, whole, seeds_of_share());
    return video_losses(predictions, make_targets(labels, std::move(counts)), no_object(), whole);
  }

  /// Of what is drawn for each clip of this process in this step.
  std::vector<std::uint64_t> seeds_of_share() const {
    std::vector<std::uint64_t> seeds;
    for (int i = share_.first; i < share_.end(); ++i)
      seeds.push_back(Random(options_.seed, std::uint64_t(state_.step), std::uint64_t(i)).next());
    return seeds;
  }

  StepReport train(const Batch& batch) {
    const double rate = learning_rate();
    const Losses losses = losses_of(batch);
    const at::Tensor sums =
        at::tensor({losses.total.item<double>(), losses.classes, losses.mask, losses.dice}, at::kDouble);
    workers_.sum(sums);
    const double* values = sums.const_data_ptr<double>();
    StepReport line{
        .loss = values[0], .classes = values[1], .mask = values[2], .dice = values[3], .learning_rate = rate};
    bool updated = false;
    if (std::isfinite(line.loss)) {
      gradients_->backward(losses.total);
      updated = run_.optimiser->step(rate);
      line.gradient_norm = run_.optimiser->gradient_norm();
    }
    if (updated)
      update_average(state_.average, state_.model.weights, kAverageDecay, state_.step);
    else
      ++state_.skipped;
    return line;
  }

  void write(StepReport line, double samples_per_second, Report& report) const {
    line.step = state_.step;
    line.seconds = state_.seconds;
    line.samples_per_second = samples_per_second;
    line.left = run_.seconds_left();
    line.skipped = state_.skipped;
    report.step(line);
  }

  void validate(Report& report) {
    const Model model = average();
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
      save_model(run_.path("best.safetensors"), model);
    }
#ifdef VCL_HAVE_OPENCV
    write_contact_sheet(run_.path("examples.png"), pictures, 6);
#endif
  }

  Workers workers_;
  Stage stage_;
  FitOptions options_;
  Share share_;
  LabelledPhotos photos_;
  TrainingRun run_;
  TrainingState& state_ = run_.state;
  std::optional<GradientReducer> gradients_;
  std::vector<Clip> clips_;
  VideoConfig config_;
  Precision precision_;
};

}  // namespace

void fit(const FitOptions& options) {
  Trainer(options).run();
}

}  // namespace vcl::train
