// SPDX-License-Identifier: LGPL-2.1-or-later
// What fit starts from: networks of other sizes than its own.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "temporary_folder.hpp"
#include "training/fit/fit.hpp"
#include "training/fit/starting_model.hpp"
#include "training/learning/average_models.hpp"
#include "training/learning/initialise.hpp"
#include "training/learning/optimiser.hpp"
#include "training/learning/predict.hpp"
#include "training/report/report.hpp"
#include "training_fixture.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl::train {
namespace {

constexpr std::int64_t kChannels = 16, kHidden = 32;

void add_conv(TensorMap& map, const std::string& name, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  map[name + ".weight"] = at::randn({out, in, kernel, kernel}) * std::sqrt(2.0 / double(out * kernel * kernel));
  map[name + ".norm.weight"] = at::ones({out});
  map[name + ".norm.bias"] = at::zeros({out});
  map[name + ".norm.running_mean"] = at::rand({out});
  map[name + ".norm.running_var"] = at::rand({out}) + 0.5;
}

/// The authors' backbone with few channels: bottlenecks with frozen norms, three in the last stage.
TensorMap narrow_resnet50() {
  TensorMap map;
  add_conv(map, "backbone.stem.conv1", 3, 8, 7);
  std::int64_t in = 8;
  for (int stage = 2; stage <= 5; ++stage)
    for (int k = 0; k < (stage == 5 ? 3 : 1); ++k) {
      const std::string block = "backbone.res" + std::to_string(stage) + "." + std::to_string(k) + ".";
      add_conv(map, block + "conv1", in, 8, 1);
      add_conv(map, block + "conv2", 8, 8, 3);
      add_conv(map, block + "conv3", 8, kChannels, 1);
      if (k == 0) add_conv(map, block + "shortcut", in, kChannels, 1);
      in = kChannels;
    }
  return map;
}

/// The authors' video network with few channels.
TensorMap narrow_video_network() {
  NetworkSizes sizes;
  sizes.stages.fill(kChannels);
  sizes.hidden = sizes.ffn = kHidden;
  sizes.heads = 8;
  sizes.norm_groups = 32;
  sizes.encoder_levels = 3;
  sizes.encoder_layers = 1;
  sizes.decoder_layers = 3;
  sizes.query_columns = 4;
  TensorMap map = narrow_resnet50();
  Model head = initialise_head(sizes);
  map.merge(head.weights.tensors());
  map["criterion.empty_weight"] = at::tensor({1.0F, 0.1F});
  return map;
}

/// A checkpoint of the authors' has no configuration.
void write_checkpoint(const std::string& path, const TensorMap& map) {
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : map)
    views[name] = {DType::F32,
                   tensor.sizes().vec(),
                   {reinterpret_cast<const std::byte*>(tensor.const_data_ptr<float>()), tensor.nbytes()}};
  write_safetensors(path, views, {});
}

TEST(TrainingStart, TheAuthorsNetworkIsTrainedAsItIs) {
  at::manual_seed(3);
  const MadeUpPhotos files(20, 41);
  const TensorMap given = narrow_video_network();
  write_checkpoint(files.path("official.safetensors"), given);
  FitOptions options;
  options.stage = "video";
  options.images = {files.images_path()};
  options.labels = {files.labels_path()};
  options.init = files.path("official.safetensors");
  options.out = files.path("out");
  options.device = "cpu";
  options.precision = "fp32";
  options.batch = 1;
  options.frames = 2;
  options.steps = 2;
  options.canvas_pixels = 4096;
  options.learning_rate = 1e-3;
  options.schedule.warm_up = 0;
  options.objective = "paper";
  fit(options);
  const Model model = load_model(files.path("out/model.safetensors"));
  EXPECT_EQ(model.config["architecture"], "video_mask2former");
  EXPECT_EQ(model.config["stem_pool"], true);
  EXPECT_EQ(model.config["norm_groups"], 32);
  EXPECT_EQ(model.config["canvas_pixels"], 4096);
  const TensorMap& trained = model.weights.tensors();
  EXPECT_EQ(trained.size() + 1, given.size()) << "all but the weights of the authors' loss";
  for (const auto& [name, tensor] : trained) {
    ASSERT_TRUE(given.contains(name)) << name;
    ASSERT_EQ(tensor.sizes(), given.at(name).sizes()) << name;
    const bool frozen = name.find(".norm.") != std::string::npos && name.starts_with("backbone.");
    EXPECT_TRUE(!frozen || at::equal(tensor, given.at(name))) << name;
  }
  for (const std::string name : {"backbone.res4.0.conv2.weight", "sem_seg_head.predictor.query_feat.weight"})
    EXPECT_FALSE(at::equal(trained.at(name), given.at(name))) << name;
}

TEST(TrainingStart, StagesChangeTheHeadAlone) {
  at::manual_seed(4);
  const TemporaryFolder folder;
  write_checkpoint(folder / "official.safetensors", narrow_video_network());
  const Model dense = starting_model(folder / "official.safetensors", true, 1);
  EXPECT_TRUE(is_dense(dense));
  EXPECT_EQ(dense.weights["dense_head.weight"].size(1), kHidden);
  EXPECT_FALSE(dense.weights.has("sem_seg_head.predictor"));
  EXPECT_EQ(dense.config["canvas_pixels"], 245760);
  save_model(folder / "dense.safetensors", dense);

  const Model video = starting_model(folder / "dense.safetensors", false, 1);
  EXPECT_EQ(video.config["architecture"], "video_mask2former");
  EXPECT_FALSE(video.weights.has("dense_head"));
  for (const auto& [name, tensor] : dense.weights.tensors())
    EXPECT_TRUE(name.starts_with("dense_head.") || at::equal(tensor, video.weights[name])) << name;
  const VideoConfig config = VideoConfig::from_json(video.config);
  const auto predictions =
      decode_clip(frame_features(at::zeros({2, 3, 64, 96}), video.weights, config), 1, video.weights, config);
  EXPECT_EQ(predictions.back().masks.sizes(), (std::vector<std::int64_t>{1, 15, 2, 16, 24}));
}

TEST(TrainingStart, AnEncoderGetsANetworkOfItsSize) {
  at::manual_seed(5);
  const TemporaryFolder folder;
  const TensorMap given = narrow_resnet50();
  write_checkpoint(folder / "encoder.safetensors", given);
  const Model model = starting_model(folder / "encoder.safetensors", false, 1);
  for (const auto& [name, tensor] : given) EXPECT_TRUE(at::equal(tensor, model.weights[name])) << name;
  EXPECT_EQ(model.weights["sem_seg_head.predictor.query_feat.weight"].sizes(), (std::vector<std::int64_t>{100, 256}));
  EXPECT_EQ(model.config["stem_pool"], true);
  const VideoConfig config = VideoConfig::from_json(model.config);
  EXPECT_EQ(frame_features(at::zeros({1, 3, 64, 96}), model.weights, config).mask_features.size(1), 256);

  write_pattern_model(folder / "vit.safetensors", "vits16", "seed", 'A');
  EXPECT_THROW(starting_model(folder / "vit.safetensors", false, 1), Error);
}

TEST(TrainingStart, ALogGoesOnAfterTheLastStepDone) {
  const TemporaryFolder folder;
  const auto logged = [&] {
    std::vector<int> steps;
    std::ifstream log(folder / "log.jsonl");
    for (std::string line; std::getline(log, line);) steps.push_back(nlohmann::json::parse(line)["step"]);
    return steps;
  };
  std::ofstream(folder / "log.jsonl") << R"({"step":0}
{"step":10}
{"step":20}
{"step":20}
{"step":30}
{"step":3)";
  { const Report report(folder / "", 20); }
  EXPECT_EQ(logged(), (std::vector<int>{0, 10, 20, 20}));
  { const Report report(folder / "", 0); }
  EXPECT_EQ(logged(), std::vector<int>{});
}

TEST(TrainingOptimiser, GradientsThatAreNoNumbersChangeNothing) {
  const Weights weights(TensorMap{{"layer.weight", at::ones({2, 2})}, {"layer.bias", at::ones({2})}});
  AdamW optimiser(weights, {});
  const auto step = [&](double gradient) {
    weights["layer.weight"].mutable_grad() = at::full({2, 2}, gradient);
    return optimiser.step(0.1);
  };
  EXPECT_TRUE(step(1));
  const at::Tensor before = weights["layer.weight"].detach().clone();
  const TensorMap state = optimiser.state();
  const at::Tensor moment = state.at("exp_avg/layer.weight").clone();
  EXPECT_FALSE(step(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(step(std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(at::equal(weights["layer.weight"], before));
  EXPECT_TRUE(at::equal(optimiser.state().at("exp_avg/layer.weight"), moment));
  EXPECT_EQ(optimiser.state().at("optimiser/steps").item<double>(), 1);
  EXPECT_TRUE(step(1));
  EXPECT_FALSE(at::equal(weights["layer.weight"], before));
}

TEST(AverageModels, AreTheMeansWithTheConfigurationOfTheLast) {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  std::vector<TensorMap> maps;
  for (int i = 0; i < 3; ++i) {
    at::manual_seed(i);
    maps.push_back({{"conv.weight", at::randn({4, 3, 3, 3})}, {"levels", at::full({2}, i, at::kLong)}});
    paths.push_back(folder / (std::to_string(i) + ".safetensors"));
    save_model(paths.back(), {{{"architecture", "test"}, {"canvas_pixels", 100 * i}}, Weights(maps.back())});
  }
  const Model average = average_models(paths);
  EXPECT_EQ(average.config["canvas_pixels"], 200);
  EXPECT_EQ(average.weights.tensors().size(), 2U);
  const at::Tensor mean = (maps[0]["conv.weight"] + maps[1]["conv.weight"] + maps[2]["conv.weight"]) / 3;
  EXPECT_TRUE(at::allclose(average.weights["conv.weight"], mean, 0, 1e-6));
  EXPECT_EQ(average.weights["levels"][0].item<int>(), 2);  // no floating numbers: those of the last
}

TEST(AverageModels, OtherNetworksAreRefusedByName) {
  const TemporaryFolder folder;
  const auto saved = [&](const std::string& name, const TensorMap& map) {
    const std::string path = folder / name;
    save_model(path, {{{"architecture", "test"}}, Weights(map)});
    return path;
  };
  const std::string one = saved("a", {{"w", at::ones({2})}});
  const std::vector<std::string> others = {saved("b", {{"w", at::ones({3})}}), saved("c", {{"v", at::ones({2})}}),
                                           saved("d", {{"v", at::ones({2})}, {"w", at::ones({2})}})};
  EXPECT_THROW(average_models({one}), Error);
  for (const std::string& other : others)
    for (const auto& pair : {std::vector{one, other}, std::vector{other, one}}) try {
        average_models(pair);
        ADD_FAILURE() << other;
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("they differ in"), std::string::npos) << error.what();
      }
}

}  // namespace
}  // namespace vcl::train
