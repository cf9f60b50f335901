// SPDX-License-Identifier: LGPL-2.1-or-later
// Networks whose masks have stride 2 (fit --fine-masks).
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "small_network.hpp"
#include "training/fit/fit.hpp"
#include "training/fit/starting_model.hpp"
#include "training/learning/losses.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

TEST(FineMasks, HaveStrideTwoAndOneStepMore) {
  at::manual_seed(1);
  const c10::NoGradGuard no_grad;
  Model model = initialise_network(small_network());
  const std::map<std::string, at::Tensor> before = model.weights.tensors();
  add_motion(model, {-1, 1});
  add_fine_masks(model);
  const VideoConfig config = VideoConfig::from_json(model.config);
  const FrameFeatures features = frame_features(at::randn({2, 3, 64, 96}), model.weights, config);
  EXPECT_EQ(features.mask_features.sizes(), (std::vector<std::int64_t>{2, 32, 32, 48}));
  EXPECT_EQ(features.moves.sizes(), (std::vector<std::int64_t>{2, 1, 32, 48}));
  const std::vector<Prediction> predictions = decode_clip(features, 1, model.weights, config, true);
  ASSERT_EQ(predictions.size(), 4u);
  for (const Prediction& earlier : std::span(predictions).first(3))
    EXPECT_EQ(earlier.masks.sizes(), (std::vector<std::int64_t>{1, 15, 2, 16, 24}));
  EXPECT_EQ(predictions.back().masks.sizes(), (std::vector<std::int64_t>{1, 15, 2, 32, 48}));
  EXPECT_TRUE(at::equal(predictions.back().masks, decode_clip(features, 1, model.weights, config).back().masks));

  const Weights decoder = model.weights / "sem_seg_head" / "pixel_decoder";
  for (const std::string name : {"adapter_1", "adapter_2", "layer_1", "layer_2"}) {
    const std::string finer = name.substr(0, name.size() - 1) + std::to_string(name.back() - '0' + 1);
    EXPECT_TRUE(at::equal(decoder[finer + ".weight"], before.at("sem_seg_head.pixel_decoder." + name + ".weight")));
  }
}

TEST(FineMasks, AreAddedOnce) {
  Model model = initialise_network(small_network());
  add_fine_masks(model);
  const std::map<std::string, at::Tensor> once = model.weights.tensors();
  add_fine_masks(model);
  ASSERT_EQ(model.weights.tensors().size(), once.size());
  for (const auto& [name, tensor] : once) EXPECT_TRUE(at::equal(model.weights[name], tensor)) << name;
}

TEST(FineMasks, AStepTooManyIsRefused) {
  Model model = initialise_network(small_network());
  add_fine_masks(model);
  model.weights.tensors()["sem_seg_head.pixel_decoder.adapter_4.weight"] = at::zeros({32, 8, 1, 1});
  EXPECT_THROW(frame_features(at::zeros({1, 3, 64, 64}), model.weights, VideoConfig::from_json(model.config)), Error);
}

TEST(FineMasks, EarlierPredictionsAreJudgedInTheirOwnCells) {
  at::manual_seed(2);
  const at::Tensor labels = at::randint(0, 3, {2, 1, 4, 6}, at::kByte)
                                .repeat_interleave(4, 2)
                                .repeat_interleave(4, 3)
                                .expand({2, 3, 16, 24})
                                .contiguous();
  const auto prediction = [](std::int64_t height, std::int64_t width) {
    return Prediction{at::randn({2, 5, 2}), at::randn({2, 5, 3, height, width}), {}};
  };
  const std::vector<Prediction> predictions{prediction(4, 6), prediction(4, 6), prediction(8, 12)};
  const Targets fine = make_targets(labels, {2, 2}, 2), coarse = make_targets(labels, {2, 2}, 4);
  const VideoLosses options{0.3, true};
  const WholeBatch whole{2, 4};
  const auto alone = [&](const Prediction& one, const Targets& targets) {
    return video_losses({one}, targets, options, whole).total.item<double>();
  };
  const Losses all = video_losses(predictions, fine, options, whole);
  EXPECT_NEAR(
      all.total.item<double>(),
      0.15 * alone(predictions[0], coarse) + 0.575 * alone(predictions[1], coarse) + alone(predictions[2], fine), 1e-4);
  EXPECT_EQ(all.mask.item<double>(), video_losses({predictions[2]}, fine, options, whole).mask.item<double>());
}

TEST(FineMasks, FitGivesThemAndKeepsThem) {
  const MadeUpPhotos files(20, 11);
  FitOptions options;
  options.stage = "image";
  options.images = {files.images_path()};
  options.labels = {files.labels_path()};
  options.batch = 2;
  options.steps = 2;
  options.canvas_pixels = 4096;
  options.fine_masks = true;
  options.out = files.path("fine");
  fit(options);
  options.init = files.path("fine/model.safetensors");
  const Model fine = load_model(options.init);
  EXPECT_TRUE(fine.weights.has("sem_seg_head.pixel_decoder.adapter_3"));
  options.fine_masks = false;
  options.stage = "dense";
  options.out = files.path("kept");
  fit(options);
  EXPECT_TRUE(load_model(files.path("kept/model.safetensors")).weights.has("sem_seg_head.pixel_decoder.adapter_3"));

  Model pooled = fine;
  pooled.config["stem_pool"] = true;
  save_model(files.path("pooled.safetensors"), pooled);
  EXPECT_THROW(starting_model(files.path("pooled.safetensors"), false, 1, {}, true), Error);
}

}  // namespace
}  // namespace vcl::train
