// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/pretrain/pretrain.hpp"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

#include "libvcl/engine/video/video_mask2former.hpp"
#include "support/prefetch.hpp"
#include "training/distributed/gradient_reducer.hpp"
#include "training/pretrain/probe.hpp"
#include "training/run/training_run.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kWeightDecay = 0.04, kClipNorm = 3, kCentreMomentum = 0.9;
constexpr double kWarmUpShare = 0.05;  // share of the budget during which the learning rate rises
// Share of the budget during which the prototypes stay random. Trained from the start, they merge faster than a new
// network learns to tell images apart, and teacher and student then agree on a constant output.
constexpr double kFixedPrototypes = 0.5;
constexpr int kStepsPerLogLine = 5;
constexpr int kCollapsedLines = 5;        // consecutive log lines: single batches sometimes look collapsed
constexpr double kMostProbeShare = 0.05;  // share of the training time
constexpr std::size_t kMatchedPhotos = 128;
constexpr const char* kCollapseCure = "Start anew with a lower --lr, a higher --momentum or more photos in a --batch";
// Running mean of the teacher's outputs, kept in checkpoints beside the teacher's weights.
constexpr const char* kCentre = "head.centre.running_mean";

using Batch = std::vector<Views>;

/// Converts [photos, views, 3, side, side] bytes to normalized images, view-major: all first views, then all second
/// ones, ...
at::Tensor images_of(const Batch& batch, std::vector<std::uint8_t> Views::*which, int side, const at::Device& device) {
  std::vector<at::Tensor> photos;
  for (const Views& views : batch) {
    const std::vector<std::uint8_t>& bytes = views.*which;
    const auto count = std::int64_t(bytes.size()) / (3 * side * side);
    photos.push_back(at::from_blob(const_cast<std::uint8_t*>(bytes.data()), {count, 3, side, side}, at::kByte));
  }
  return normalise_images(at::stack(photos, 1).flatten(0, 1).to(device).to(at::kFloat));
}

nlohmann::json settings_of(const PretrainOptions& o) {
  return {{"images", o.images},
          {"labels", o.labels},
          {"arch", o.network.arch},
          {"global_side", o.views.global_side},
          {"local_side", o.views.local_side},
          {"locals", o.views.locals},
          {"prototypes", o.network.prototypes},
          {"batch", o.batch},
          {"learning_rate", o.learning_rate},
          {"momentum", o.momentum},
          {"seed", o.seed}};
}

void check(const PretrainOptions& o) {
  if (o.minutes <= 0 && o.steps <= 0) throw Error(ErrorKind::Invalid, "say how long to train: --minutes or --steps");
  if (o.batch < 2) throw Error(ErrorKind::Invalid, "--batch must be at least 2 photos");
  for (const int side : {o.views.global_side, o.views.local_side})
    if (side < 32 || side % 16 != 0)
      throw Error(ErrorKind::Invalid,
                  "--global and --local must be multiples of 16 pixels from 32 on, not " + std::to_string(side));
}

/// Makes a batch from its index alone, walking through the photos in a new order in each epoch. Any number of worker
/// threads, and an interrupted run, produce the same training data.
class BatchMaker {
 public:
  /// Makes this share of each batch. Each sample is the same as in the whole batch.
  BatchMaker(const PretrainOptions& options, const std::vector<Photo>& photos, Share share)
      : options_(options), photos_(photos), share_(share) {}

  Batch operator()(std::uint64_t index) const {
    Batch batch;
    for (int i = share_.first; i < share_.end(); ++i) {
      const std::uint64_t sample = index * std::uint64_t(options_.batch) + std::uint64_t(i);
      Random random(options_.seed, index, std::uint64_t(i));
      batch.push_back(make_views(photos_[shuffled(sample)], options_.views, random));
    }
    return batch;
  }

 private:
  /// Returns the photo of a sample, in a different permutation per epoch that needs no memory: a walk whose stride is
  /// coprime to the number of photos.
  std::size_t shuffled(std::uint64_t sample) const {
    const std::uint64_t count = photos_.size();
    Random random(options_.seed, sample / count, ~std::uint64_t(0));
    const std::uint64_t start = random.below(count);
    std::uint64_t stride = 1 + random.below(count);
    while (std::gcd(stride, count) != 1) ++stride;
    return std::size_t((start + sample % count * stride) % count);
  }

  const PretrainOptions& options_;
  const std::vector<Photo>& photos_;
  const Share share_;
};

/// Returns the tensors without batch norm statistics: the teacher's batch norms follow the teacher's own inputs, which
/// are large views only.
Weights parameters_of(const Weights& weights) {
  TensorMap parameters = weights.tensors();
  std::erase_if(parameters, [&](const auto& entry) { return !is_trainable(entry.first, weights); });
  return Weights(std::move(parameters));
}

/// Returns the photos to train on: all, or those that the probe does not use.
std::vector<Photo> training_photos(const SafetensorsFile& pack, const PretrainOptions& options) {
  std::vector<Photo> photos = pack_photos(pack, options.images);
  if (options.labels.empty()) return photos;
  const std::set<std::string> apart = held_out_ids(photos);
  std::erase_if(photos, [&](const Photo& photo) { return apart.contains(photo.id); });
  if (photos.empty())
    throw Error(ErrorKind::Unsupported,
                options.images + " has one photo, which the probe would hold out; leave out --labels");
  return photos;
}

class Pretrainer {
 public:
  explicit Pretrainer(const PretrainOptions& options)
      : workers_(launch_of(process_environment()), options.worker_timeout),
        options_(options),
        pack_(options.images),
        photos_(training_photos(pack_, options)),
        device_(workers_.own_device(options.device)),
        share_(workers_.share(options.batch)),
        run_(options.out, {options.minutes, options.steps}, settings_of(options), workers_) {
    check(options_);
    at::set_num_threads(options_.threads);
    options_.network.global_side = options_.views.global_side;
    workers_.use_device(device_);
    start_networks();
    run_.optimiser.emplace(state_.model.weights, OptimiserSettings{kWeightDecay, 1, kClipNorm});
    run_.resume();
    run_.prepare_folder({{"threads", options_.threads}, {"processes", workers_.size()}, {"photos", photos_.size()}});
    workers_.compare({{"photos", photos_.size()}});
    gradients_.emplace(workers_, state_.model.weights);
    if (workers_.first() && !options_.labels.empty()) probe_.emplace(options_.images, options_.labels);
    looked_at_ = run_.progress();
  }

  void run() {
    const BatchMaker maker(options_, photos_, share_);
    Prefetch<Batch> batches(std::cref(maker), std::uint64_t(state_.step), options_.workers, 2 * options_.workers);
    nlohmann::json values;
    run_.train({.step = [&] { values = train(batches.next()); },
                .log = [&](double samples_per_second, Report& report) { log(values, samples_per_second, report); },
                .validate = [&](Report& report) { validate(report); },
                .samples = options_.batch,
                .steps_per_line = kStepsPerLogLine},
               [&] { return without_head(teacher()); });
    gradients_->report();
    if (collapsed_lines_ > 0)
      std::fprintf(stderr, "the features have collapsed: all photos look the same to them. %s\n", kCollapseCure);
  }

 private:
  Model teacher() const { return {state_.model.config, state_.average}; }

  void start_networks() {
    at::manual_seed(options_.seed);
    state_.model = initialise_encoder(options_.network);
    for (auto& [name, tensor] : state_.model.weights.tensors()) tensor = tensor.to(device_);
    state_.average = copy_of(state_.model.weights);
    state_.average.tensors()[kCentre] = at::zeros({options_.network.prototypes}, at::TensorOptions().device(device_));
  }

  double learning_rate() const {
    const double at = std::min(1.0, run_.progress()), warm = std::min(1.0, (at + 1e-3) / kWarmUpShare);
    return options_.learning_rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * at));
  }

  double teacher_momentum() const {
    return 1 - (1 - options_.momentum) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, run_.progress())));
  }

  /// Returns the mean of the teacher's outputs over the whole batch, which the center follows.
  at::Tensor mean_of(const at::Tensor& taught) {
    const at::Tensor sum = taught.sum(0, false, at::kDouble);
    workers_.sum(sum);
    return (sum / double(2 * options_.batch)).to(at::kFloat);
  }

  nlohmann::json train(const Batch& batch) {
    const BatchInParts parts(workers_.summing());
    const at::Tensor globals = images_of(batch, &Views::globals, options_.views.global_side, device_);
    const at::Tensor& centre = state_.average[kCentre];
    at::Tensor taught, vectors, mean;
    {
      const at::NoGradGuard no_grad;
      vectors = encode(globals, teacher(), true);
      taught = project(vectors, teacher());
      mean = mean_of(taught);
      if (state_.step == 0) centre.copy_(mean);
    }
    at::Tensor said = encode(globals, state_.model, true);
    if (options_.views.locals > 0) {
      const at::Tensor locals = images_of(batch, &Views::locals, options_.views.local_side, device_);
      said = at::cat({said, encode(locals, state_.model, true)});
    }
    const at::Tensor loss =  // a summand of the whole batch's loss
        distillation_loss(project(said, state_.model), taught, centre) * (double(share_.count) / options_.batch);

    const double rate = learning_rate(), value = workers_.sum(loss.item<double>());
    const Collapse collapse = measure_collapse(taught, centre, vectors, workers_.summing());
    bool updated = false;
    if (std::isfinite(value)) {
      gradients_->backward(loss);
      if (run_.progress() < kFixedPrototypes) state_.model.weights["head.prototypes"].mutable_grad().zero_();
      updated = run_.optimiser->step(rate);
    }
    if (updated) {
      update_average(parameters_of(state_.average), parameters_of(state_.model.weights), teacher_momentum(),
                     state_.step);
      const at::NoGradGuard no_grad;
      centre.lerp_(mean, 1 - kCentreMomentum);
    } else {
      ++state_.skipped;
    }
    return {{"loss", value},
            {"lr", rate},
            {"gradient_norm", run_.optimiser->gradient_norm()},
            {"entropy", collapse.entropy},
            {"usage", collapse.usage},
            {"feature_spread", collapse.feature_spread},
            {"collapsed", collapse.collapsed()}};
  }

  void log(nlohmann::json values, double samples_per_second, Report& report) {
    const int left = std::max(0, int(run_.seconds_left()));
    const bool collapsed = values["collapsed"];
    char text[200];
    std::snprintf(text, sizeof text,
                  "step %lld  loss %.3f  entropy %.2f, usage %.2f, spread %.2f%s  %.1f photos/s  %d:%02d left%s",
                  static_cast<long long>(state_.step), values["loss"].get<double>(), values["entropy"].get<double>(),
                  values["usage"].get<double>(), values["feature_spread"].get<double>(), collapsed ? " COLLAPSED" : "",
                  samples_per_second, left / 60, left % 60,
                  state_.skipped > 0 ? (", skipped " + std::to_string(state_.skipped)).c_str() : "");
    values.update({{"step", state_.step}, {"seconds", state_.seconds}, {"samples_per_second", samples_per_second}});
    report.step(values, text);
    collapsed_lines_ = collapsed ? collapsed_lines_ + 1 : 0;
    if (collapsed_lines_ == kCollapsedLines)
      std::fprintf(stderr, "\nthe features collapse since step %lld. %s\n",
                   static_cast<long long>(state_.step - (kCollapsedLines - 1) * kStepsPerLogLine), kCollapseCure);
    if (probe_ && is_time_to_look()) validate(report);
  }

  /// Returns true at equal shares of the budget. If the budget is a time, the probes together take at most a twentieth
  /// of it.
  bool is_time_to_look() {
    const double now = run_.progress(), before = std::exchange(looked_at_, now);
    if (now >= 1 || std::floor(now * options_.probes) == std::floor(before * options_.probes)) return false;
    return options_.steps > 0 || look_seconds_ <= kMostProbeShare * (state_.seconds - look_end_);
  }

  void validate(Report& report) {
    const auto start = std::chrono::steady_clock::now();
    nlohmann::json values = {{"view_match_rate", view_match_rate(photos_, teacher(), options_.views)}};
    if (probe_) values.update(look());
    report.validation(state_.step, state_.seconds, values);
    look_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    look_end_ = state_.seconds + look_seconds_;
  }

  nlohmann::json look() {
    std::vector<Picture> pictures;
    const Model encoder = without_head(teacher());
    const FeatureQuality quality = probe_->measure(encoder, &pictures);
    if (quality.rank() > state_.best_top) {
      state_.best_top = quality.rank();
      save_model(run_.path("best.safetensors"), encoder);
    }
#ifdef VCL_HAVE_OPENCV
    write_contact_sheet(run_.path("probe.png"), pictures, 6);
#endif
    return quality.to_json();
  }

  Workers workers_;
  PretrainOptions options_;
  SafetensorsFile pack_;
  std::vector<Photo> photos_;
  at::Device device_;
  Share share_;
  std::optional<FeatureProbe> probe_;
  int collapsed_lines_ = 0;                                 ///< consecutive, up to the last line of the log
  double looked_at_ = 0, look_seconds_ = 0, look_end_ = 0;  ///< progress at the last check; duration and end of the
                                                            ///< last probe
  TrainingRun run_;
  TrainingState& state_ = run_.state;
  std::optional<GradientReducer> gradients_;
};

}  // namespace

double view_match_rate(const std::vector<Photo>& photos, const Model& model, const ViewSettings& settings) {
  const at::NoGradGuard no_grad;
  const at::Device device = model.weights.tensors().begin()->second.device();
  const std::size_t count = std::min(photos.size(), kMatchedPhotos);
  Batch batch;
  ViewSettings globals = settings;
  globals.locals = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Random random(0, i, 0);
    batch.push_back(make_views(photos[i * photos.size() / count], globals, random));
  }
  at::Tensor vectors = encode(images_of(batch, &Views::globals, settings.global_side, device), model, false);
  vectors = vectors / vectors.norm(2, {1}, true).clamp_min(1e-6);
  const auto views = vectors.chunk(2);
  const at::Tensor nearest = views[0].mm(views[1].t()).argmax(1).cpu();
  return nearest.eq(at::arange(std::int64_t(count))).to(at::kFloat).mean().item<double>();
}

void pretrain(const PretrainOptions& options) {
  Pretrainer(options).run();
}

}  // namespace vcl::train
