// SPDX-License-Identifier: LGPL-2.1-or-later
// What a network with motion learns from, and how it starts.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "small_network.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/fit/fit.hpp"
#include "training/fit/starting_model.hpp"
#include "training/learning/evaluate.hpp"
#include "training/learning/initialise.hpp"
#include "training/learning/objective.hpp"
#include "training/learning/optimiser.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

at::Tensor random_moves(at::IntArrayRef shape) {
  const at::Tensor values = at::tensor({int(kStays), int(kMoves), int(kUnknown)}, at::kByte);
  return values.index({at::randint(0, 3, shape, at::kLong)});
}

/// Written out cell by cell.
double plain_moves_loss(const at::Tensor& logits, const at::Tensor& moves) {
  const std::int64_t clips = moves.size(0), frames = moves.size(1), height = logits.size(2), width = logits.size(3);
  double total = 0;
  for (std::int64_t n = 0; n < clips * frames; ++n) {
    double entropy = 0, both = 0, said = 0, true_sum = 0;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        double known = 0, target = 0;
        for (int k = 0; k < 16; ++k) {
          const int value = moves[n / frames][n % frames][4 * y + k / 4][4 * x + k % 4].item<int>();
          known += (value != kUnknown) / 16.0, target += (value == kMoves) / 16.0;
        }
        const double logit = logits[n][0][y][x].item<double>(), p = 1 / (1 + std::exp(-logit));
        entropy -= target * std::log(p) + (known - target) * std::log(1 - p);
        both += p * known * target, said += p * known, true_sum += target;
      }
    total += 3 * entropy / double(height * width) + 1 - (2 * both + 5) / (said + true_sum + 5);
  }
  return total / double(clips * frames);
}

TEST(MovesLoss, IsThatOfTheKnownPixels) {
  at::manual_seed(1);
  for (int round = 0; round < 5; ++round) {
    const at::Tensor logits = at::randn({4, 1, 2, 3}) * 2, moves = random_moves({2, 2, 8, 12});
    EXPECT_NEAR(moves_loss(logits, moves, {2, 0}).item<double>(), plain_moves_loss(logits, moves), 1e-5);
    EXPECT_NEAR(moves_loss(logits, moves, {4, 0}).item<double>(), plain_moves_loss(logits, moves) / 2, 1e-5)
        << "half of a batch";
  }
}

TEST(MovesLoss, WhatNobodyKnowsHasNoGradient) {
  at::manual_seed(2);
  at::Tensor logits = at::randn({2, 1, 3, 4}), moves = random_moves({1, 2, 12, 16});
  moves[0][0].narrow(0, 0, 4).fill_(kUnknown);
  moves[0][1].fill_(kUnknown);
  logits.requires_grad_();
  moves_loss(logits, moves, {1, 0}).backward();
  EXPECT_EQ(logits.grad()[0][0][0].abs().max().item<double>(), 0);
  EXPECT_EQ(logits.grad()[1].abs().max().item<double>(), 0);
  EXPECT_GT(logits.grad()[0].abs().max().item<double>(), 0);
}

TEST(MovesLoss, GradientsAgreeWithFiniteDifferences) {
  at::manual_seed(3);
  at::Tensor logits = at::randn({2, 1, 2, 3});
  const at::Tensor moves = random_moves({1, 2, 8, 12});
  logits.requires_grad_();
  moves_loss(logits, moves, {1, 0}).backward();
  const c10::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    at::Tensor entry = logits.detach().view(-1)[i];
    const float value = entry.item<float>();
    entry.fill_(value + 0.05F);
    const double above = moves_loss(logits, moves, {1, 0}).item<double>();
    entry.fill_(value - 0.05F);
    const double below = moves_loss(logits, moves, {1, 0}).item<double>();
    entry.fill_(value);
    EXPECT_NEAR(logits.grad().view(-1)[i].item<double>(), (above - below) / 0.1, 1e-3);
  }
}

/// One object on the left, unlabelled at the right, [1, 1, 16, 32]; two queries, one on each, and one on the rest.
struct HalfLabelled {
  at::Tensor labels = at::zeros({1, 1, 16, 32}, at::kByte);
  at::Tensor masks = at::full({1, 3, 1, 4, 8}, -3.0), classes = at::zeros({1, 3, 2});

  HalfLabelled() {
    labels[0][0].narrow(1, 0, 8).fill_(1);
    labels[0][0].narrow(1, 24, 8).fill_(kUnlabelled);
    for (int q = 0; q < 3; ++q) masks[0][q][0].narrow(1, std::array{0, 6, 3}[std::size_t(q)], 2).fill_(3);
    masks.requires_grad_();
    classes.requires_grad_();
  }
  void backward(bool drop) const {
    video_losses({{classes, masks, {}}}, make_targets(labels, {1}, 4), {0.3, drop}, {1, 1}).total.backward();
  }
  double class_gradient(int query) const { return classes.grad()[0][query].abs().max().item<double>(); }
};

TEST(VideoLossesOfMotion, UnlabelledCellsHaveNoLoss) {
  const HalfLabelled scene;
  scene.backward(false);
  EXPECT_EQ(scene.masks.grad()[0][0][0].narrow(1, 6, 2).abs().max().item<double>(), 0);
  EXPECT_GT(scene.masks.grad()[0][0][0].narrow(1, 2, 4).abs().min().item<double>(), 0);
  EXPECT_EQ(scene.class_gradient(1), 0) << "an object, perhaps";
  EXPECT_GT(scene.class_gradient(2), 0) << "none, for sure";
  EXPECT_GT(scene.class_gradient(0), 0);
}

TEST(VideoLossesOfMotion, DropLeavesPredictionsWithoutLabelAlone) {
  const HalfLabelled scene;
  scene.backward(true);
  EXPECT_EQ(scene.class_gradient(1), 0);
  EXPECT_EQ(scene.class_gradient(2), 0) << "overlaps no label";
  EXPECT_GT(scene.class_gradient(0), 0);
  HalfLabelled overlapping;
  {
    const c10::NoGradGuard no_grad;
    overlapping.masks[0][2][0].narrow(1, 1, 3).fill_(3);
  }
  overlapping.backward(true);
  EXPECT_GT(overlapping.class_gradient(2), 0) << "a double of what is labelled";
}

TEST(VideoLossesOfMotion, WithoutUnlabelledPixelsNothingChanges) {
  at::manual_seed(5);
  const Targets all{at::rand({2, 2, 2, 3, 4}), {2, 1}, {}};
  Targets known = all;
  known.known = at::ones({2, 2, 3, 4});
  const std::vector<Prediction> predictions{{at::randn({2, 4, 2}), at::randn({2, 4, 2, 3, 4}), {}}};
  EXPECT_EQ(video_losses(predictions, all, {0.3}, {2, 3}).total.item<double>(),
            video_losses(predictions, known, {0.3}, {2, 3}).total.item<double>());
}

TEST(NetworkWithMotion, StartsAsItWas) {
  at::manual_seed(6);
  const c10::NoGradGuard no_grad;
  for (const auto& neighbours : {std::vector{-1, 1}, std::vector{-2, -1}, std::vector{1}}) {
    Model model = initialise_network(small_network());
    const VideoConfig before = VideoConfig::from_json(model.config);
    const at::Tensor images = at::randn({2, 3, 64, 96});
    const FrameFeatures was = frame_features(images, model.weights, before);
    add_motion(model, neighbours);
    const VideoConfig config = VideoConfig::from_json(model.config);
    check_motion(model.weights, config);
    EXPECT_EQ(config.neighbours, neighbours);
    const std::int64_t planes = kMotionPlanes * std::int64_t(neighbours.size());
    for (const at::Tensor& input : {images, at::cat({images, at::randn({2, planes, 64, 96})}, 1)}) {
      const FrameFeatures is = frame_features(input, model.weights, config);
      // The same sums, but another kernel may take them in another order.
      EXPECT_TRUE(at::allclose(was.mask_features, is.mask_features, 1e-4, 1e-5));
      EXPECT_EQ(is.moves.sizes(), (std::vector<std::int64_t>{2, 1, 16, 24}));
    }
    EXPECT_FALSE(was.moves.defined());
  }
}

class MotionTraining : public ::testing::Test {
 protected:
  Clip clip(std::uint64_t seed, double moving) const {
    Random random(seed);
    return make_clip(source_, {96, 64}, 2, {.without_object = 0, .moving = moving, .blanked = 0}, random,
                     std::array{-1, 1});
  }

  MadeUpPhotos files_{30, 9};
  LabelledPhotos photos_{{files_.images_path()}, {files_.labels_path()}, LabelKind::Instances};
  ClipSource source_{photos_.photos, photos_.training};
};

TEST_F(MotionTraining, TensorsOfMixedBatchesSayWhatIsKnown) {
  const Clip moving = clip(1, 1), plain = clip(2, 0);
  const ClipTensors both = clip_tensors({plain, moving}, at::kCPU), none = clip_tensors({plain}, at::kCPU);
  EXPECT_FALSE(none.motion.defined() || none.moves.defined());
  EXPECT_EQ(network_input(none).size(1), 3);
  const at::Tensor input = network_input(both);
  ASSERT_EQ(input.sizes(), (std::vector<std::int64_t>{4, 3 + 2 * kMotionPlanes, 64, 96}));
  EXPECT_EQ(input.narrow(0, 0, 2).narrow(1, 3, 2 * kMotionPlanes).abs().max().item<double>(), 0);
  EXPECT_TRUE(at::equal(
      input.narrow(0, 2, 2).narrow(1, 3, 2 * kMotionPlanes).flatten(),
      at::from_blob(const_cast<float*>(moving.motion.data()), {std::int64_t(moving.motion.size())}, at::kFloat)));
  EXPECT_TRUE(both.moves[0].eq(kUnknown).all().item<bool>());
  EXPECT_EQ(both.moves[1].flatten()[77].item<int>(), moving.moves[77]);
}

TEST_F(MotionTraining, ANetworkLearnsFromMotionWhatMoves) {
  at::manual_seed(7);
  Model model = initialise_network(small_network());
  add_motion(model, {-1, 1});
  const VideoConfig config = VideoConfig::from_json(model.config);
  Batch clips;
  for (std::uint64_t seed = 0; clips.size() < 4; ++seed) {
    Clip made = clip(seed, 1);
    if (std::ranges::count(made.moves, kMoves) > 600) clips.push_back(std::move(made));
  }
  const std::vector<ClipTensors> batch{clip_tensors(clips, at::kCPU)};
  AdamW optimiser(model.weights, {});
  const double before = evaluate_clips(clips, model).moves;
  double first = 0, last = 0;
  for (int step = 0; step < 80; ++step) {
    const Losses losses = losses_of(batch[0], model.weights, config, {}, whole_of(batch), {1, 2, 3, 4});
    last = losses.moves.item<double>();
    if (step == 0) first = last;
    losses.total.backward();
    ASSERT_TRUE(optimiser.step(2e-3));
  }
  EXPECT_LT(last, 0.6 * first);
  EXPECT_GT(evaluate_clips(clips, model).moves, before + 0.2);
}

TEST_F(MotionTraining, FitWidensAModelAndKeepsItsMotion) {
  FitOptions options;
  options.stage = "video";
  options.images = {files_.images_path()};
  options.labels = {files_.labels_path()};
  options.batch = 2;
  options.steps = 2;
  options.frames = 2;
  options.canvas_pixels = 4096;
  options.neighbours = {-2, -1};
  options.clips.moving = 1;
  options.out = files_.path("first");
  fit(options);
  options.init = files_.path("first/model.safetensors");
  const Model model = load_model(options.init);
  const VideoConfig config = VideoConfig::from_json(model.config);
  EXPECT_EQ(config.neighbours, options.neighbours);
  check_motion(model.weights, config);
  EXPECT_GT(model.weights["backbone.stem.conv1.weight"].narrow(1, 3, 14).abs().max().item<double>(), 0) << "it learned";
  options.neighbours = {};
  options.out = files_.path("second");
  fit(options);
  EXPECT_EQ(load_model(files_.path("second/model.safetensors")).config["motion"], model.config["motion"]);
  options.neighbours = {-1, 1};
  options.out = files_.path("third");
  EXPECT_THROW(fit(options), Error) << "it sees other neighbours";
  options.init = "";
  options.neighbours = {-1, 0};
  EXPECT_THROW(fit(options), Error) << "a frame is no neighbour of itself";
}

}  // namespace
}  // namespace vcl::train
