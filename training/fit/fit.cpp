// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit/fit.hpp"
#include "training/fit/batches.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/nn/batch_norm.hpp"
#include "libvcl/engine/precision.hpp"
#include "support/prefetch.hpp"
#include "training/distributed/gradient_reducer.hpp"
#include "training/fit/batches.hpp"
#include "training/fit/fit_inputs.hpp"
#include "training/fit/fit_setup.hpp"
#include "training/fit/starting_model.hpp"
#include "training/learning/evaluate.hpp"
#include "training/learning/objective.hpp"
#include "training/run/training_run.hpp"

namespace vcl::train {
namespace {

constexpr double kAverageDecay = 0.998, kClipNorm = 1;
constexpr int kStepsPerLogLine = 10;
constexpr std::size_t kPictures = 48;
constexpr int kHeldOutVideoClips = 32;

/// Keeps freed memory in the process: each step allocates the same large blocks, and page faults cost a tenth of the
/// time.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

OptimiserSettings optimiser_of(const FitOptions& options, const Stage& stage) {
  if (options.objective == "paper") return {0.05, 0.1, 0.01, true};
  return {stage.weight_decay, stage.backbone_factor, kClipNorm};
}

Objective::Kind objective_of(const FitOptions& options, const Stage& stage) {
  if (stage.dense) return Objective::Kind::Dense;
  return options.objective == "paper" ? Objective::Kind::Paper : Objective::Kind::Recipe;
}

class Trainer {
 public:
  explicit Trainer(const FitOptions& options)
      : workers_(launch_of(process_environment()), options.worker_timeout),
        stage_(stage_of(options)),
        device_(workers_.own_device(options.device)),
        start_(starting_model(options.init, stage_.dense, options.seed, options.neighbours, options.fine_masks)),
        options_(complete(options, stage_, start_.config)),
        share_(workers_.share(options_.batch)),
        run_(options_.out, {options_.minutes, options_.steps}, settings_of(options_), workers_),
        objective_{objective_of(options_, stage_),
                   {options_.no_object, options_.drop_loss},
                   options_.moves_weight,
                   precision_of(options_.precision, device_)} {
    at::set_num_threads(options_.threads);
    keep_freed_memory();
    workers_.use_device(device_);
    start();
    run_.optimiser.emplace(state_.model.weights, optimiser_of(options_, stage_));
    run_.resume();
    run_.prepare_folder({{"threads", options_.threads},
                         {"workers", options_.workers},
                         {"device", options_.device},
                         {"processes", workers_.size()}});
    workers_.first_only([&] { open_data(); });  // it may write files into the folder that the others then read
    if (!workers_.first()) open_data();
    workers_.compare({{"photos", photos_.photos.size()}, {"videos", videos_ ? videos_->count() : 0}});
    gradients_.emplace(workers_, state_.model.weights);
  }

  void run() {
    const BatchMaker maker(options_, stage_.dense, photos_, videos_ ? &*videos_ : nullptr, most_objects(), share_);
    Prefetch<ClipTensors> batches([&](std::uint64_t index) { return clip_tensors(maker(index), device_); },
                                  std::uint64_t(state_.step * options_.accumulate), options_.workers,
                                  4 * options_.workers);
    StepReport line;
    double waited = 0, since = state_.seconds;
    run_.train({.step = [&] { line = train(batches); },
                .log =
                    [&](double samples_per_second, Report& report) {
                      line.waiting = (batches.seconds_waited() - waited) / std::max(1e-9, state_.seconds - since);
                      waited = batches.seconds_waited();
                      since = state_.seconds;
                      write(line, samples_per_second, report);
                    },
                .validate = [&](Report& report) { validate(report); },
                .samples = options_.batch * options_.accumulate,
                .steps_per_line = kStepsPerLogLine,
                .validate_seconds = 60 * options_.validate_minutes},
               [&] { return average(); });
    gradients_->report();
  }

 private:
  Model average() const { return {state_.model.config, state_.average}; }

  void open_data() {
    errors_.emplace(run_.path("errors.jsonl"), workers_.first());
    photos_ = open_photos(options_, stage_.dense ? LabelKind::Soft : LabelKind::Instances, *errors_);
    videos_ = open_videos(options_, *errors_);
    if (workers_.first() && errors_->count() > 0)
      std::fprintf(stderr, "%zu inputs cannot be used: %s\n", errors_->count(), errors_->path().c_str());
    if (!workers_.first()) return;  // only the first process validates
    if (options_.frames > 1) clips_ = held_out_clips(photos_, options_, {});
    if (!options_.neighbours.empty()) moving_clips_ = held_out_clips(photos_, options_, {.moving = 1, .blanked = 0});
    if (videos_)
      for (Clip& clip : videos_->held_out(kHeldOutVideoClips, options_.frames)) clips_.push_back(std::move(clip));
  }

  /// Returns the number of queries.
  int most_objects() const {
    const at::Tensor queries = state_.model.weights.find("sem_seg_head.predictor.query_feat.weight");
    return queries.defined() ? int(queries.size(0)) : 0;
  }

  /// Sets up the same state on every device: all random values were drawn on the CPU.
  void start() {
    state_.model = std::move(start_);
    state_.model.config["canvas_pixels"] = options_.canvas_pixels;
    if (!options_.name.empty()) state_.model.config["name"] = options_.name;
    for (auto& [name, tensor] : state_.model.weights.tensors()) tensor = tensor.to(device_);
    state_.average = copy_of(state_.model.weights);
    config_ = VideoConfig::from_json(state_.model.config);
  }

  /// Returns the weight of unmatched queries. It starts small, so that a new network finds objects before it ranks
  /// them.
  double no_object() const {
    return run_.progress() < 0.3 ? std::min(stage_.no_object_at_first, options_.no_object) : options_.no_object;
  }

  /// Returns the seeds for the clips of this process in one batch of the current update.
  std::vector<std::uint64_t> seeds_of(int batch) const {
    std::vector<std::uint64_t> seeds;
    for (int i = batch * options_.batch + share_.first; i < batch * options_.batch + share_.end(); ++i)
      seeds.push_back(Random(options_.seed, std::uint64_t(state_.step), std::uint64_t(i)).next());
    return seeds;
  }

  /// Sums the gradients of an update's batches. Returns total, classes, mask, dice and moves. Waits for the device.
  at::Tensor gradients_of(const std::vector<ClipTensors>& update) {
    const BatchInParts parts(workers_.summing());
    objective_.losses.no_object = no_object();
    WholeBatch whole = whole_of(update);  // of this process
    whole = {std::int64_t(options_.accumulate) * options_.batch, workers_.sum(whole.objects)};
    at::Tensor values = at::zeros({5}, at::TensorOptions(at::kFloat).device(device_));
    for (int k = 0; k < int(update.size()); ++k) {
      const Losses losses =
          losses_of(update[std::size_t(k)], state_.model.weights, config_, objective_, whole, seeds_of(k));
      if (k + 1 < int(update.size()))
        losses.total.backward();
      else
        gradients_->backward(losses.total);
      values += at::stack({losses.total.detach(), losses.classes, losses.mask, losses.dice, losses.moves});
    }
    workers_.sum(values);
    return values.cpu();
  }

  StepReport train(Prefetch<ClipTensors>& batches) {
    const double rate = options_.learning_rate * rate_share(options_.schedule, state_.step, run_.progress());
    std::vector<ClipTensors> update;
    for (int k = 0; k < options_.accumulate; ++k) update.push_back(batches.next());
    const at::Tensor values = gradients_of(update);
    const float* value = values.const_data_ptr<float>();
    StepReport line{.loss = value[0],
                    .classes = value[1],
                    .mask = value[2],
                    .dice = value[3],
                    .moves = value[4],
                    .learning_rate = rate};
    bool updated = false;
    if (std::isfinite(line.loss)) {
      updated = run_.optimiser->step(rate);
      line.gradient_norm = run_.optimiser->gradient_norm();
    } else {
      run_.optimiser->clear_gradients();
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
    nlohmann::json values = nlohmann::json::object();
    double top = -1;
    if (!clips_.empty()) {
      const Quality tracks = evaluate_clips(clips_, model);
      values = {{"clip_top_iou", top = tracks.top}, {"clip_best_iou", tracks.best}};
    }
    Quality moving;
    if (!moving_clips_.empty()) {
      moving = evaluate_clips(moving_clips_, model);
      values.update({{"moving_top_iou", moving.top}, {"moving_best_iou", moving.best}, {"moves_iou", moving.moves}});
    }
    if (!photos_.held_out.empty()) {
      std::vector<Picture> pictures;
      const Quality photos = evaluate_photos(photos_, model, &pictures, kPictures);
      values.update({{"top_iou", top = photos.top}, {"best_iou", photos.best}});
#ifdef VCL_HAVE_OPENCV
      write_contact_sheet(run_.path("examples.png"), pictures, 6);
#endif
    }
    if (!moving_clips_.empty()) top = (top + moving.top) / 2;
    report.validation(state_.step, state_.seconds, values);
    if (top > state_.best_top) {
      state_.best_top = top;
      save_model(run_.path("best.safetensors"), model);
    }
  }

  Workers workers_;
  const Stage stage_;
  const at::Device device_;
  Model start_;
  const FitOptions options_;
  const Share share_;
  TrainingRun run_;
  TrainingState& state_ = run_.state;
  Objective objective_;
  std::optional<GradientReducer> gradients_;
  VideoConfig config_;
  std::optional<ErrorList> errors_;
  LabelledPhotos photos_;
  std::optional<LabelledVideos> videos_;
  std::vector<Clip> clips_, moving_clips_;  // held out
};

}  // namespace

void fit(const FitOptions& options) {
  Trainer(options).run();
}

}  // namespace vcl::train
