// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fit_process.hpp"
#include "small_network.hpp"
#include "training/fit/fit.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/labels/refine.hpp"
#include "training/learning/initialise.hpp"
#include "training/learning/objective.hpp"
#include "training/learning/optimiser.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

TEST(TrainingNetwork, QueriesStartAtTheirAnchors) {
  at::manual_seed(1);
  const Model model = initialise_network(small_network());
  const VideoConfig config = VideoConfig::from_json(model.config);
  const c10::NoGradGuard no_grad;
  const FrameFeatures features = frame_features(at::zeros({1, 3, 96, 160}), model.weights, config);
  // The mask features' own part is small beside the anchor's for an empty picture.
  FrameFeatures empty = features;
  empty.mask_features = at::zeros_like(features.mask_features);
  const at::Tensor masks = decode_clip(empty, 1, model.weights, config).back().masks[0].squeeze(1);  // [15, 24, 40]
  for (int q = 0; q < 15; ++q) {
    const std::int64_t peak = masks[q].argmax().item<std::int64_t>();
    EXPECT_NEAR((double(peak % 40) + 0.5) / 40, (q % 5 + 0.5) / 5, 0.5 / 40 + 1e-6);
    EXPECT_NEAR((double(peak / 40) + 0.5) / 24, (q / 5 + 0.5) / 3, 0.5 / 24 + 1e-6);
    EXPECT_NEAR(masks[q].max().item<double>(), 3 * 0.35, 0.01) << "logit 3 (0.35 - distance^2) at distance about 0";
  }
}

TEST(TrainingNetwork, OverfitsOneBatch) {
  at::manual_seed(1);
  const MadeUpPhotos files(20, 3);
  const LabelledPhotos photos({files.images_path()}, {files.labels_path()}, LabelKind::Instances);
  const ClipSource source(photos.photos, photos.training);
  const Model model = initialise_network(small_network());
  const VideoConfig config = VideoConfig::from_json(model.config);
  std::vector<at::Tensor> images, labels;
  std::vector<int> counts;
  std::vector<Clip> clips;
  for (std::uint64_t i = 0; i < 2; ++i) {
    Random random(i);
    clips.push_back(make_clip(source, {96, 64}, 2, {.without_object = 0}, random));
    const Clip& clip = clips.back();
    images.push_back(at::from_blob(clips.back().images.data(), {2, 3, 64, 96}, at::kByte).clone());
    labels.push_back(at::from_blob(clips.back().labels.data(), {2, 64, 96}, at::kByte).clone());
    counts.push_back(clip.instances);
  }
  const at::Tensor input = normalise_images(at::cat(images).to(at::kFloat));
  const Targets targets = make_targets(at::stack(labels), counts, 4);
  const WholeBatch whole{2, double(counts[0] + counts[1])};
  AdamW optimiser(model.weights, {});
  double first = 0, last = 0;
  for (int step = 0; step < 150; ++step) {
    const Losses losses =
        video_losses(decode_clip(frame_features(input, model.weights, config, true), 2, model.weights, config, true),
                     targets, {0.1}, whole);
    last = (losses.mask + losses.dice).item<double>();
    if (step == 0) first = last;
    losses.total.backward();
    ASSERT_TRUE(optimiser.step(2e-3));
  }
  EXPECT_LT(last, 0.35 * first) << "mask losses from " << first;
}

/// Gradients by name, which are cleared.
TensorMap take_gradients(const Weights& weights) {
  TensorMap gradients;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!tensor.grad().defined()) continue;
    gradients[name] = tensor.grad();
    tensor.mutable_grad() = at::Tensor();
  }
  return gradients;
}

TEST(TrainingObjective, BatchesOfAnUpdateSumUpToOneBatch) {
  at::manual_seed(1);
  const MadeUpPhotos files(20, 9);
  const LabelledPhotos photos({files.images_path()}, {files.labels_path()}, LabelKind::Instances);
  const ClipSource source(photos.photos, photos.training);
  Model model = initialise_network(small_network());
  std::erase_if(model.weights.tensors(),  // frozen: statistics of a batch would differ from those of its parts
                [](const auto& entry) { return entry.first.ends_with("num_batches_tracked"); });
  add_dense_head(model.weights, 32);
  const VideoConfig config = VideoConfig::from_json(model.config);
  const AdamW optimiser(model.weights, {});  // marks what is trained
  for (const auto kind : {Objective::Kind::Dense, Objective::Kind::Recipe, Objective::Kind::Paper}) {
    const bool dense = kind == Objective::Kind::Dense;
    Batch batch;
    for (std::uint64_t i = 0; i < 3; ++i) {  // parts of one and two clips, of one, two or more objects
      Random random(i);
      batch.push_back(
          dense ? make_view(source.draw_photo(random), {96, 64}, random)
                : make_clip(source, {96, 64}, 2, {.without_paste = i == 0 ? 1.0 : 0, .without_object = 0}, random));
    }
    const std::vector<ClipTensors> whole{clip_tensors(batch, at::kCPU)};
    const std::vector<ClipTensors> parts{clip_tensors({batch[0]}, at::kCPU),
                                         clip_tensors({batch[1], batch[2]}, at::kCPU)};
    ASSERT_TRUE(dense || 2 * parts[0].counts[0] < parts[1].counts[0] + parts[1].counts[1]) << "else any mean will do";
    const auto run = [&](const std::vector<ClipTensors>& update) {
      double loss = 0;
      std::uint64_t clip = 0;
      for (const ClipTensors& part : update) {
        std::vector<std::uint64_t> seeds;
        for (std::size_t i = 0; i < part.counts.size(); ++i) seeds.push_back(++clip);
        const Losses losses = losses_of(part, model.weights, config, {.kind = kind}, whole_of(update), seeds);
        losses.total.backward();
        loss += losses.total.item<double>();
      }
      return std::pair(loss, take_gradients(model.weights));
    };
    const auto [loss, gradients] = run(whole);
    const auto [sum, summed] = run(parts);
    EXPECT_NEAR(sum / loss, 1, 1e-5) << "float32, in another order";
    double apart = 0, length = 0;
    for (const auto& [name, gradient] : gradients) {
      apart += (gradient - summed.at(name)).square().sum().item<double>();
      length += gradient.square().sum().item<double>();
    }
    // Of the paper's points rounding may choose another one, of twelve thousand.
    EXPECT_LT(std::sqrt(apart / length), kind == Objective::Kind::Paper ? 1e-3 : 1e-4);
  }
}

TEST(TrainingObjective, ClipsWithoutObjectsTeachTheScoresAlone) {
  at::manual_seed(2);
  const Model model = initialise_network(small_network());
  const AdamW optimiser(model.weights, {});
  Clip empty({96, 64}, 2);
  for (const auto kind : {Objective::Kind::Recipe, Objective::Kind::Paper}) {
    const std::vector<ClipTensors> batch{clip_tensors({empty}, at::kCPU)};
    const Losses losses =
        losses_of(batch[0], model.weights, VideoConfig::from_json(model.config), {.kind = kind}, whole_of(batch), {1});
    losses.total.backward();
    EXPECT_GT(losses.classes.item<double>(), 0);
    EXPECT_EQ(losses.mask.item<double>(), 0);
    const TensorMap gradients = take_gradients(model.weights);
    EXPECT_GT(gradients.at("sem_seg_head.predictor.class_embed.weight").abs().max().item<double>(), 0);
  }
}

/// What a run is to do; the rest is as small as can be.
struct FitRun {
  std::string stage = "image", steps = "40", mode = "natural", objective = "recipe", moving = "0";
};

/// Runs vcl-train fit; with `interrupt` it gets SIGTERM as soon as it has logged a step. Returns the exit status.
int run_fit(const MadeUpPhotos& files, const std::string& folder, const std::string& workers, const std::string& seed,
            bool interrupt, const FitRun& run = {}) {
  const std::string out = files.path(folder);
  std::vector<std::string> arguments = {"--stage",     run.stage,
                                        "--images",    files.images_path(),
                                        "--labels",    files.labels_path(),
                                        "--out",       out,
                                        "--steps",     run.steps,
                                        "--batch",     "2",
                                        "--canvas",    "4096",
                                        "--seed",      seed,
                                        "--workers",   workers,
                                        "--mode",      run.mode,
                                        "--objective", run.objective,
                                        "--precision", "fp32",
                                        "--device",    "cpu",
                                        "--moving",    run.moving};
  if (run.moving != "0") arguments.push_back("--motion");
  FitProcess process(arguments, files.path("messages"));
  if (!interrupt) return process.wait();
  wait_for_losses(process, out, 1);
  return process.stop(SIGTERM);
}

TEST(TrainingFit, AStoppedAndResumedRunIsTheSameRun) {
  const MadeUpPhotos files(30, 4);
  ASSERT_EQ(run_fit(files, "whole", "1", "1", false), 0);
  ASSERT_EQ(run_fit(files, "parts", "3", "1", true), 0);
  EXPECT_LT(loss_curve(files.path("parts")).size(), 4U) << "it was to be stopped before its end";
  EXPECT_TRUE(std::filesystem::exists(files.path("parts/model.safetensors"))) << "a stopped run leaves a model";
  EXPECT_EQ(run_fit(files, "parts", "2", "2", false), 1) << "another seed cannot go on from this checkpoint";
  ASSERT_EQ(run_fit(files, "parts", "2", "1", false), 0);
  const auto whole = loss_curve(files.path("whole")), parts = loss_curve(files.path("parts"));
  ASSERT_EQ(whole.size(), 4U);
  EXPECT_EQ(whole, parts);
  const Model a = load_model(files.path("whole/model.safetensors")),
              b = load_model(files.path("parts/model.safetensors"));
  for (const auto& [name, tensor] : a.weights.tensors()) EXPECT_TRUE(at::equal(tensor, b.weights[name])) << name;
}

TEST(TrainingFit, ThePapersClipsAndObjectiveGoOnAsWell) {
  const MadeUpPhotos files(30, 6);
  const FitRun paper{.stage = "video", .steps = "20", .mode = "corrected", .objective = "paper"};
  ASSERT_EQ(run_fit(files, "whole", "1", "1", false, paper), 0);
  ASSERT_EQ(run_fit(files, "parts", "2", "1", true, paper), 0);
  EXPECT_EQ(run_fit(files, "parts", "1", "1", false, {.stage = "video", .steps = "20", .mode = "corrected"}), 1)
      << "another objective cannot go on from this checkpoint";
  ASSERT_EQ(run_fit(files, "parts", "1", "1", false, paper), 0);
  const auto whole = loss_curve(files.path("whole"));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole, loss_curve(files.path("parts")));
  EXPECT_EQ(run_fit(files, "single", "1", "1", false, {.stage = "image", .steps = "20", .mode = "corrected"}), 1)
      << "the paper's clips have two frames or more";
}

TEST(TrainingFit, ANetworkThatSeesMotionGoesOnAsWell) {
  const MadeUpPhotos files(30, 8);
  const FitRun motion{.steps = "20", .moving = "0.7"};
  ASSERT_EQ(run_fit(files, "whole", "1", "1", false, motion), 0);
  ASSERT_EQ(run_fit(files, "parts", "2", "1", true, motion), 0);
  EXPECT_EQ(run_fit(files, "parts", "1", "1", false, {.steps = "20"}), 1) << "without motion it is another network";
  ASSERT_EQ(run_fit(files, "parts", "1", "1", false, motion), 0);
  const auto whole = loss_curve(files.path("whole"));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole, loss_curve(files.path("parts")));
  const Model a = load_model(files.path("whole/model.safetensors")),
              b = load_model(files.path("parts/model.safetensors"));
  EXPECT_TRUE(a.weights.has("sem_seg_head.moves"));
  for (const auto& [name, tensor] : a.weights.tensors()) EXPECT_TRUE(at::equal(tensor, b.weights[name])) << name;
}

TEST(TrainingFit, TheChainRuns) {
  const MadeUpPhotos files(30, 5);
  FitOptions options;
  options.stage = "dense";
  options.images = {files.images_path()};
  options.labels = {files.labels_path()};
  options.batch = 4;
  options.canvas_pixels = 4096;
  options.steps = 60;
  options.precision = "fp32";
  options.out = files.path("dense");
  fit(options);
  PseudoLabelOptions labelling;
  labelling.images = files.images_path();
  labelling.labels = files.labels_path();
  labelling.model = files.path("dense/model.safetensors");
  labelling.out = files.path("instances.safetensors");
  label_by_model(labelling);
  const LabelledPhotos photos({labelling.images}, {labelling.out}, LabelKind::Instances);
  EXPECT_GT(photos.training.size(), 14U) << "after 60 steps most discs are found";
  options.stage = "video";
  options.init = labelling.model;
  options.labels = {labelling.out};
  options.batch = 1;
  options.steps = 3;
  options.frames = 4;
  options.clips = {.without_paste = 0,
                   .smooth = 1,
                   .curve = 1,
                   .camera = 1,
                   .reorder = 1,
                   .enter_leave = 1,
                   .appearance = 1,
                   .feather = 2};
  options.out = files.path("video");
  fit(options);
  options.clips.camera = 0;
  EXPECT_THROW(fit(options), Error) << "other clips cannot go on from this checkpoint";
  const Model model = load_model(files.path("video/model.safetensors"));
  EXPECT_EQ(model.config["architecture"], "video_mask2former");
  EXPECT_FALSE(model.weights.has("dense_head"));
  labelling.model = files.path("video/model.safetensors");
  labelling.out = files.path("again.safetensors");
  EXPECT_THROW(label_by_model(labelling), Error) << "a video network's masks become labels with refine";
  labelling.labels.clear();
  refine({labelling, 0});
  EXPECT_EQ(SafetensorsFile(labelling.out).tensors().count("ids/p0"), 1U);
}

}  // namespace
}  // namespace vcl::train
