// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/random.hpp"
#include "training/learning/losses.hpp"
#include "training/learning/point_losses.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// Cost of one pair, written out pixel by pixel from method.md 5.6.
double pair_cost(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& classes) {
  const at::Tensor x = logits.to(at::kDouble).flatten().contiguous(), t = target.to(at::kDouble).flatten().contiguous();
  double entropy = 0, both = 0, sum = 0;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double xi = x[i].item<double>(), ti = t[i].item<double>(), p = 1 / (1 + std::exp(-xi));
    entropy -= ti * std::log(p) + (1 - ti) * std::log(1 - p);
    both += p * ti;
    sum += p + ti;
  }
  const double a = std::exp(classes[0].item<double>()), b = std::exp(classes[1].item<double>());
  return -2 * a / (a + b) + 5 * entropy / double(x.size(0)) + 5 * (1 - (2 * both + 1) / (sum + 1));
}

TEST(TrainingLosses, MatcherFindsTheCheapestAssignment) {
  at::manual_seed(1);
  constexpr int kClips = 3, kQueries = 5, kMost = 3;
  const std::vector<int> counts{3, 0, 2};
  for (int round = 0; round < 10; ++round) {
    const at::Tensor masks = at::randn({2, kClips, kQueries, 2, 3, 4}) * 2,
                     classes = at::randn({2, kClips, kQueries, 2});
    const Targets targets{at::rand({kClips, kMost, 2, 3, 4}), counts};
    const Matches matches = match(masks.flatten(3), classes, targets);
    ASSERT_EQ(matches.prediction.size(), 2U * 5U);
    std::size_t row = 0;
    for (int l = 0; l < 2; ++l)
      for (int b = 0; b < kClips; ++b) {
        const auto cost = [&](int q, int j) {
          return pair_cost(masks[l][b][q], targets.masks[b][j], classes[l][b][q]);
        };
        double best = std::numeric_limits<double>::infinity(), found = 0;
        std::vector<int> order(kQueries);
        std::iota(order.begin(), order.end(), 0);
        do {
          double sum = 0;
          for (int j = 0; j < counts[b]; ++j) sum += cost(order[j], j);
          best = std::min(best, sum);
        } while (std::next_permutation(order.begin(), order.end()));
        for (int j = 0; j < counts[b]; ++j, ++row) {
          EXPECT_EQ(matches.layer[row], l);
          EXPECT_EQ(matches.target[row], b * kMost + j);
          found += cost(int(matches.prediction[row] % kQueries), j);
        }
        EXPECT_NEAR(found, counts[b] > 0 ? best : 0, 1e-4) << "fp32 costs of order 10 against double";
      }
  }
}

TEST(TrainingLosses, MoreObjectsThanQueriesAreRefused) {
  const Targets targets{at::rand({1, 3, 1, 2, 2}), {3}};
  EXPECT_THROW(match(at::randn({1, 1, 2, 4}), at::randn({1, 1, 2, 2}), targets), Error);
}

std::vector<Prediction> split(const at::Tensor& masks, const at::Tensor& classes) {
  std::vector<Prediction> predictions;
  for (std::int64_t l = 0; l < masks.size(0); ++l) predictions.push_back({classes[l], masks[l], {}});
  return predictions;
}

TEST(TrainingLosses, GradientsAgreeWithFiniteDifferences) {
  at::manual_seed(2);
  // Logits far enough from 0 that the step changes no IoU (the class target is piecewise constant), and few pixels, so
  // that fp32 resolves the differences.
  const at::Tensor signs = at::randn({2, 2, 3, 2, 2, 3});
  at::Tensor masks = signs + signs.sign() * 0.2, classes = at::randn({2, 2, 3, 2});
  const Targets targets{at::rand({2, 2, 2, 2, 3}), {2, 1}};
  masks.set_requires_grad(true);
  classes.set_requires_grad(true);
  video_losses(split(masks, classes), targets, {0.3}, {2, 3}).total.backward();
  const c10::NoGradGuard no_grad;
  Random random(3);
  for (const at::Tensor& tensor : {masks, classes})
    for (int round = 0; round < 40; ++round) {
      const std::int64_t i = std::int64_t(random.below(std::size_t(tensor.numel())));
      at::Tensor entry = tensor.detach().view(-1)[i];
      const float value = entry.item<float>();
      constexpr float kStep = 0.02F;
      entry.fill_(value + kStep);
      const double above = video_losses(split(masks, classes), targets, {0.3}, {2, 3}).total.item<double>();
      entry.fill_(value - kStep);
      const double below = video_losses(split(masks, classes), targets, {0.3}, {2, 3}).total.item<double>();
      entry.fill_(value);
      // Loss about 20 in fp32 over a step of 0.04 leaves 1e-4; curvature of the central difference is smaller.
      EXPECT_NEAR(tensor.grad().view(-1)[i].item<double>(), (above - below) / (2 * kStep), 2e-3);
    }
}

TEST(TrainingLosses, PerfectPredictionCostsNothingAndRanksAsItsIou) {
  at::Tensor labels = at::zeros({1, 2, 16, 16}, at::kByte);
  labels.narrow(2, 0, 8).narrow(3, 4, 8).fill_(1);
  const Targets targets = make_targets(labels, {1}, 4);
  EXPECT_EQ(targets.masks.sizes(), (std::vector<std::int64_t>{1, 1, 2, 4, 4}));
  EXPECT_DOUBLE_EQ(targets.masks.sum().item<double>(), 8);  // 2 frames of 2x2 cells
  at::Tensor masks = at::full({1, 2, 2, 4, 4}, -30.0);
  masks[0][1] = targets.masks[0][0] * 60 - 30;
  const at::Tensor classes = at::tensor({-30.0, 30.0, 30.0, -30.0}).view({1, 2, 2});
  const Losses losses = video_losses({{classes, masks, {}}}, targets, {0.1}, {1, 1});
  EXPECT_NEAR(losses.total.item<double>(), 0, 1e-5);
  // Another class decision for the right mask is wrong by the whole logit; half a right mask should be half sure.
  masks[0][1][0].fill_(-30);
  at::Tensor unsure = at::zeros({1, 2, 2});
  unsure.set_requires_grad(true);
  video_losses({{unsure, masks, {}}}, targets, {0.1}, {1, 1}).total.backward();
  EXPECT_NEAR(unsure.grad()[0][1][0].item<double>(), 0, 1e-6) << "at IoU 0.5 an even score is the optimum";
}

TEST(TrainingLosses, AnObjectThatIsAwayInAFrameIsToBeAbsentThere) {
  at::Tensor labels = at::zeros({1, 2, 16, 16}, at::kByte);
  labels[0][0].narrow(0, 0, 8).fill_(1);
  const Targets targets = make_targets(labels, {1}, 4);
  const auto losses_of = [&](bool absent) {
    at::Tensor masks = at::full({1, 1, 1, 2, 4, 4}, -20.0);
    masks[0][0][0][0].narrow(0, 0, 2).fill_(20);
    if (!absent) masks[0][0][0][1].narrow(0, 0, 2).fill_(20);
    masks.requires_grad_();
    const std::vector<Prediction> predictions = split(masks, at::tensor({20.0F, -20.0F}).view({1, 1, 1, 2}));
    const Losses losses = video_losses(predictions, targets, {0.1}, {1, 1});
    const at::Tensor draws = at::rand({1, 40000, 2});
    const auto draw = [&](const std::vector<std::int64_t>& rows, std::int64_t points) {
      return draws.narrow(1, 0, points).expand({std::int64_t(rows.size()), points, 2});
    };
    const PointLosses points = point_losses(predictions, object_masks(labels, {1}), {1, 1}, 256, draw);
    (losses.total + points.total).backward();
    EXPECT_TRUE(at::isfinite(masks.grad()).all().item<bool>());
    return std::pair{(losses.mask + losses.dice).item<double>(), points.total.item<double>()};
  };
  const auto [recipe, paper] = losses_of(true);
  const auto [recipe_kept, paper_kept] = losses_of(false);
  EXPECT_NEAR(recipe, 0, 1e-4);
  EXPECT_GT(recipe_kept, 1) << "a quarter of the pixels at logit 20, and the dice loss of a frame";
  EXPECT_GT(paper_kept, paper + 1);
}

TEST(TrainingLosses, DenseGradientsAgreeWithFiniteDifferences) {
  at::manual_seed(4);
  at::Tensor logits = at::randn({2, 1, 3, 4});
  const at::Tensor targets = at::randint(0, 256, {2, 12, 16}, at::kByte);
  logits.set_requires_grad(true);
  dense_losses(logits, targets, {2, 0}).total.backward();
  const c10::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    at::Tensor entry = logits.detach().view(-1)[i];
    const float value = entry.item<float>();
    entry.fill_(value + 0.05F);
    const double above = dense_losses(logits, targets, {2, 0}).total.item<double>();
    entry.fill_(value - 0.05F);
    const double below = dense_losses(logits, targets, {2, 0}).total.item<double>();
    entry.fill_(value);
    EXPECT_NEAR(logits.grad().view(-1)[i].item<double>(), (above - below) / 0.1, 1e-4);
  }
}

}  // namespace
}  // namespace vcl::train
