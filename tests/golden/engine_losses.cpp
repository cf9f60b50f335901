// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/video, losses: loss, loss12544, train. Tolerances as the README states them, with their reasons.
#include <c10/core/GradMode.h>

#include <array>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <stdexcept>

#include "training/learning/optimiser.hpp"
#include "training/learning/point_losses.hpp"
#include "video_case.hpp"

namespace vcl::train {
namespace {

using golden::Case;
using nlohmann::json;

constexpr double kLossTolerance = 1e-5;  // relative
constexpr std::int64_t kClips = 2, kFrames = 3;
constexpr WholeBatch kBatch{kClips, 5};

at::Tensor read_ids(const std::string& path) {
  const cv::Mat image = cv::imread(path, cv::IMREAD_GRAYSCALE);
  if (image.empty()) throw std::runtime_error("cannot read " + path);
  return at::from_blob(image.data, {image.rows, image.cols}, at::kByte).clone();
}

/// The masks of a clip's objects, numbered as listed, in frames "<name>_clip<b>_ids<t>.png": [N, T, H, W].
at::Tensor read_objects(const std::string& folder, const std::string& name, std::int64_t clip,
                        const std::vector<int>& numbers) {
  std::vector<at::Tensor> frames;
  for (std::int64_t t = 0; t < kFrames; ++t)
    frames.push_back(
        read_ids(folder + "/frames/" + name + "_clip" + std::to_string(clip) + "_ids" + std::to_string(t) + ".png"));
  const at::Tensor ids = at::stack(frames);
  std::vector<at::Tensor> masks;
  for (const int number : numbers) masks.push_back(ids.eq(number).to(at::kFloat));
  return at::stack(masks).to(golden::video_device());
}

std::vector<at::Tensor> read_objects(const std::string& folder, const std::string& name) {
  return {read_objects(folder, name, 0, {1, 2, 3}), read_objects(folder, name, 1, {2, 4})};
}

/// "<name>/pred<r>/matcher<b>", then candidates and random, of each prediction in turn.
DrawUniform recorded(const std::string& name) {
  return [name, call = std::int64_t(0)](const std::vector<std::int64_t>& clip_of_row, std::int64_t points) mutable {
    const std::int64_t prediction = call / (kClips + 2), which = call % (kClips + 2);
    ++call;
    const std::string what = which < kClips    ? "matcher" + std::to_string(which)
                             : which == kClips ? std::string("candidates")
                                               : std::string("random");
    return golden::input(name + "/pred" + std::to_string(prediction) + "/" + what,
                         {std::int64_t(clip_of_row.size()), points, 2}, 0.5, 0.5);
  };
}

/// The predictions that the README states, which follow the objects here and there.
std::vector<Prediction> made_predictions(const std::vector<at::Tensor>& objects) {
  constexpr std::int64_t kLayers = 10, kQueries = 100, kHeight = 12, kWidth = 20, kCell = 4;
  std::vector<Prediction> predictions;
  for (std::int64_t l = 0; l < kLayers; ++l) {
    const std::string number = std::to_string(l);
    const at::Tensor masks = golden::input("loss/masks" + number, {kClips, kQueries, kFrames, kHeight, kWidth}, 4);
    for (std::int64_t b = 0; b < kClips; ++b) {
      const at::Tensor cells = at::avg_pool2d(objects[std::size_t(b)], kCell);
      for (std::int64_t j = 0; j < cells.size(0); ++j)
        masks[b][(37 * (j + 1) + 11 * b + 5 * l) % kQueries] += 8 * cells[j] - 4;
    }
    predictions.push_back(
        {golden::input("loss/logits" + number, {kClips, kQueries, 2}, 2).requires_grad_(), masks.requires_grad_(), {}});
  }
  return predictions;
}

double relative(const at::Tensor& got, const at::Tensor& want) {
  return ((got.to(at::kDouble) - want.to(at::kDouble)) / want.to(at::kDouble)).abs().max().item<double>();
}

at::Tensor table_of(const PointLosses& losses, double class_weight = 1, double mask_weight = 1) {
  std::vector<at::Tensor> rows;
  for (const PointLoss& loss : losses.predictions)
    rows.push_back(at::stack({class_weight * loss.classes, mask_weight * loss.mask, mask_weight * loss.dice}));
  return at::stack(rows).detach();
}

/// Rows (prediction, clip, query, object).
at::Tensor assignment_of(const PointLosses& losses) {
  std::vector<std::int64_t> rows;
  for (std::size_t r = 0; r < losses.predictions.size(); ++r)
    for (std::size_t b = 0; b < losses.predictions[r].pairs.size(); ++b)
      for (const auto& [query, object] : losses.predictions[r].pairs[b])
        rows.insert(rows.end(), {std::int64_t(r), std::int64_t(b), query, object});
  return at::tensor(rows, at::kLong).view({-1, 4});
}

TEST(GoldenLosses, AtSampledPoints) {
  VCL_GOLDEN_FOLDER(folder, "video");
  Case expected(folder, "loss");
  const std::vector<at::Tensor> objects = read_objects(folder, "loss");
  const std::vector<Prediction> predictions = made_predictions(objects);
  const std::int64_t points = expected.shape("points_pred0")[1];
  const PointLosses losses = point_losses(predictions, objects, kBatch, points, recorded("loss"));
  EXPECT_LE(relative(table_of(losses), expected.stored("losses")), kLossTolerance);
  EXPECT_LE(relative(losses.total.detach().view({1}), expected.stored("total")), kLossTolerance);
  EXPECT_TRUE(at::equal(assignment_of(losses), expected.stored("assignment").to(at::kLong)));
  losses.total.backward();
  for (const auto& [name, layer] : {std::pair<std::string, std::size_t>{"last", 9}, {"aux4", 4}}) {
    SCOPED_TRACE(name);
    expected.compare("grad_logits_" + name, predictions[layer].classes.grad(), golden::kModule);
    const at::Tensor rows = expected.stored("grad_rows_" + name).to(at::kLong);
    const at::Tensor flat = predictions[layer].masks.grad().flatten(0, 1);
    const at::Tensor queries = rows.select(1, 0) * predictions[layer].masks.size(1) + rows.select(1, 1);
    expected.compare("grad_masks_" + name, flat.index_select(0, queries), golden::kModule);
    EXPECT_EQ(flat.index_fill(0, queries, 0).abs().max().item<float>(), 0) << "queries without an object";
  }
}

TEST(GoldenLosses, Costs) {
  VCL_GOLDEN_FOLDER(folder, "video");
  Case expected(folder, "loss");
  const std::vector<at::Tensor> objects = read_objects(folder, "loss");
  const std::vector<Prediction> predictions = made_predictions(objects);
  const c10::NoGradGuard no_grad;
  int costs = 0;
  for (std::size_t r = 0; r < predictions.size(); ++r) {
    const std::size_t layer = r == 0 ? predictions.size() - 1 : r - 1;
    for (std::int64_t b = 0; b < kClips; ++b) {
      const std::string name = "cost_pred" + std::to_string(r) + "_clip" + std::to_string(b);
      if (!expected.has(name)) continue;
      const at::Tensor shared = golden::input("loss/pred" + std::to_string(r) + "/matcher" + std::to_string(b),
                                              {1, expected.shape("points_pred0")[1], 2}, 0.5, 0.5);
      expected.compare(
          name,
          matching_cost(predictions[layer].classes[b], predictions[layer].masks[b], objects[std::size_t(b)], shared),
          golden::kModule);
      ++costs;
    }
  }
  EXPECT_GT(costs, 0);
}

TEST(GoldenLosses, AtAsManyPointsAsThePaper) {
  VCL_GOLDEN_FOLDER(folder, "video");
  Case expected(folder, "loss12544");
  const std::vector<at::Tensor> objects = read_objects(folder, "loss");
  const c10::NoGradGuard no_grad;
  const PointLosses losses = point_losses(made_predictions(objects), objects, kBatch, kPaperPoints, recorded("loss"));
  EXPECT_LE(relative(table_of(losses), expected.stored("losses")), kLossTolerance);
  EXPECT_LE(relative(losses.total.view({1}), expected.stored("total")), kLossTolerance);
}

const OptimiserSettings kPaper{.weight_decay = 0.05, .backbone_factor = 0.1, .clip_norm = 0.01, .paper_decay = true};

/// A copy that may be trained.
Weights own_network() {
  const Weights shared = golden::video_network();
  TensorMap copies;
  for (const auto& [name, tensor] : shared.tensors()) copies[name] = tensor.clone();
  return Weights(std::move(copies));
}

TEST(GoldenTraining, GroupsOfParameters) {
  VCL_GOLDEN_FOLDER(folder, "video");
  const Weights weights = golden::video_network();
  std::set<std::string> trained;
  for (const auto& [name, tensor] : weights.tensors())
    if (is_trainable(name, weights)) trained.insert(name);
  const json expected = golden::read_json(folder + "/param_groups.json");
  for (const json& group : expected["groups"]) {
    const std::string name = group["name"];
    EXPECT_EQ(group_of(name, weights, kPaper), (ParameterGroup{group["lr_multiplier"], group["weight_decay"]})) << name;
    EXPECT_EQ(trained.erase(name), 1U) << name;
  }
  for (const std::string& name : trained) ADD_FAILURE() << name << " is not trained by the authors";
}

TEST(GoldenTraining, StepsOfTheOptimiser) {
  VCL_GOLDEN_FOLDER(folder, "video");
  Case expected(folder, "optim");
  for (const std::string rate : {"lr2e-5", "lr1e-2"}) {
    SCOPED_TRACE(rate);
    const Weights weights = own_network();
    AdamW optimiser(weights, kPaper);
    const at::Tensor norms = expected.stored(rate + "/grad_norm_before_clip");
    for (int step = 0; step < 3; ++step) {
      const double scale = std::array{0x1p-17, 0x1p-10, 1.0}[std::size_t(step)];
      for (const auto& [name, tensor] : weights.tensors())
        if (expected.has(rate + "/param/" + name))
          tensor.mutable_grad() =
              golden::input("optim/step" + std::to_string(step) + "/" + name, tensor.sizes(), scale);
      ASSERT_TRUE(optimiser.step(std::stod(rate.substr(2))));
      EXPECT_NEAR(optimiser.gradient_norm() / norms[step].item<double>(), 1, 1e-5);
    }
    const TensorMap state = optimiser.state();
    for (const auto& [name, tensor] : weights.tensors()) {
      if (!expected.has(rate + "/param/" + name)) continue;
      expected.compare(rate + "/param/" + name, tensor.detach(), golden::kModule);
      for (const std::string moment : {"exp_avg/", "exp_avg_sq/"})
        expected.compare(moment + name, state.at(moment + name), golden::kModule);
    }
  }
  expected.expect_complete();
}

/// All losses are the authors', but where a prediction's sampled points differ in one: of two logits that are equally
/// near to 0 rounding decides which is chosen. A point is a thousandth of a mean of 1,024, and of the order of 1
/// itself.
void expect_losses(const at::Tensor& got, const at::Tensor& expected) {
  constexpr double kOnePoint = 5e-4;
  constexpr std::int64_t kPredictionsWithOne = 2;
  const at::Tensor apart = ((got - expected) / expected).abs();
  EXPECT_LE(apart.gt(kLossTolerance).any(1).sum().item<std::int64_t>(), kPredictionsWithOne);
  EXPECT_LE(apart.max().item<double>(), kOnePoint);
  EXPECT_LE(apart.select(1, 0).max().item<double>(), kLossTolerance) << "classes have no points";
}

/// The network in training on two clips with the authors' loss: gradients of every parameter and one step.
TEST(GoldenTraining, WholeNetwork) {
  VCL_GOLDEN_FOLDER(folder, "video");
  Case expected(folder, "train");
  const std::vector<std::string> names = expected.json()["parameter_names"];
  const Weights weights = own_network();
  AdamW optimiser(weights, kPaper);
  std::vector<std::string> frames;
  for (std::int64_t b = 0; b < kClips; ++b)
    for (std::int64_t t = 0; t < kFrames; ++t)
      frames.push_back("train_clip" + std::to_string(b) + "_f" + std::to_string(t) + ".png");
  const at::Tensor images = golden::read_clip(folder + "/frames", frames, 64, 96);
  const VideoConfig config;
  const auto predictions = decode_clip(frame_features(images, weights, config, true), kClips, weights, config, true);
  const PointLosses losses = point_losses(predictions, read_objects(folder, "train"), kBatch, 1024, recorded("train"));
  expect_losses(table_of(losses, 2, 5), expected.stored("weighted_losses"));
  EXPECT_LE(relative(losses.total.detach().view({1}), expected.stored("total")), kLossTolerance);
  EXPECT_TRUE(at::equal(assignment_of(losses), expected.stored("assignment").to(at::kLong)));

  losses.total.backward();
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> lengths, dots, before;
  for (const std::string& name : names) {
    const at::Tensor gradient = weights[name].grad().to(at::kDouble);
    lengths.push_back(gradient.norm());
    dots.push_back((gradient * golden::pattern("probe/" + name, gradient.sizes())).sum());
    before.push_back(weights[name].clone());
  }
  EXPECT_LE(relative(at::stack(lengths), expected.stored("grad_l2")), 5e-3);
  expected.compare("grad_dot", at::stack(dots).to(at::kFloat), 0.1);
  ASSERT_TRUE(optimiser.step(2e-5));
  EXPECT_LE(relative(at::full({1}, optimiser.gradient_norm()), expected.stored("grad_norm")), 1e-3);
  std::vector<at::Tensor> moved;
  for (std::size_t i = 0; i < names.size(); ++i)
    moved.push_back((weights[names[i]] - before[i]).to(at::kDouble).norm());
  EXPECT_LE(relative(at::stack(moved), expected.stored("step_delta_l2")), 2e-3);
  expected.expect_complete();
}

}  // namespace
}  // namespace vcl::train
