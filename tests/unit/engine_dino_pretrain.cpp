// SPDX-License-Identifier: LGPL-2.1-or-later
// Self-supervised training on made-up photos: it learns, notices collapse, goes on after a stop, and its models feed
// MaskCut.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "libvcl/engine/maskcut/photo_features.hpp"
#include "loss_curve.hpp"
#include "temporary_folder.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/pretrain/pretrain.hpp"
#include "training/pretrain/probe.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

/// A photo of its own: two gratings of random direction, width and colour, one inside a disc.
std::vector<std::uint8_t> made_up_photo(int width, int height, Random& random) {
  struct Grating {
    double x, y;
    std::array<double, 3> light, dark;
  };
  const auto draw = [&] {
    const double angle = random.uniform(0, std::numbers::pi), period = random.log_uniform(4, 24);
    Grating grating{
        std::cos(angle) * 2 * std::numbers::pi / period, std::sin(angle) * 2 * std::numbers::pi / period, {}, {}};
    for (int c = 0; c < 3; ++c) {
      grating.light[c] = random.uniform(0, 255);
      grating.dark[c] = random.uniform(0, 255);
    }
    return grating;
  };
  const Grating outside = draw(), inside = draw();
  const double x0 = random.uniform(0.3, 0.7) * width, y0 = random.uniform(0.3, 0.7) * height, radius = 0.25 * height;
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Grating& g = std::hypot(x - x0, y - y0) < radius ? inside : outside;
      const double wave = 0.5 + 0.5 * std::sin(g.x * x + g.y * y);
      for (int c = 0; c < 3; ++c) rgb.push_back(std::uint8_t(g.dark[c] + wave * (g.light[c] - g.dark[c])));
    }
  return rgb;
}

/// Soft labels of a pack: 255 where `mask` says so of the place in the photo, from 0 to 1.
std::string write_labels(const TemporaryFolder& folder, const std::string& images,
                         const std::function<bool(double x, double y)>& mask) {
  static const float kWeight = 1;
  const SafetensorsFile pack(images);
  std::map<std::string, std::vector<std::uint8_t>> bytes;
  std::map<std::string, TensorView> labels;
  for (const auto& [name, photo] : pack.tensors()) {
    const std::string id = name.substr(6);
    const std::int64_t height = photo.shape[0], width = photo.shape[1];
    for (std::int64_t i = 0; i < height * width; ++i)
      bytes[id].push_back(mask(double(i % width) / double(width), double(i / width) / double(height)) ? 255 : 0);
    labels["soft/" + id] = {DType::U8, {height, width}, std::as_bytes(std::span(bytes[id]))};
    labels["weight/" + id] = {DType::F32, {}, std::as_bytes(std::span(&kWeight, 1))};
  }
  write_safetensors(folder / "labels.safetensors", labels, {});
  return folder / "labels.safetensors";
}

/// Photos whose left half is dark and whose right half is bright, with noise.
std::string write_halves(const TemporaryFolder& folder, int count) {
  Random random(5);
  std::map<std::string, std::vector<std::uint8_t>> bytes;
  std::map<std::string, TensorView> images;
  for (int i = 0; i < count; ++i) {
    const std::string name = "image/p" + std::to_string(i);
    for (int pixel = 0; pixel < 64 * 64; ++pixel)
      for (int c = 0; c < 3; ++c) bytes[name].push_back(std::uint8_t((pixel % 64 < 32 ? 20 : 200) + random.below(40)));
    images[name] = {DType::U8, {64, 64, 3}, std::as_bytes(std::span(bytes[name]))};
  }
  write_safetensors(folder / "halves.safetensors", images, {});
  return folder / "halves.safetensors";
}

bool right_half(double x, double) {
  return x >= 0.5;
}

std::string write_pack(const TemporaryFolder& folder, int count) {
  Random random(4);
  std::map<std::string, std::vector<std::uint8_t>> bytes;
  std::map<std::string, TensorView> images;
  for (int i = 0; i < count; ++i) {
    const int width = 80 + int(random.below(40)), height = 80 + int(random.below(40));
    const std::string name = "image/p" + std::to_string(i);
    bytes[name] = made_up_photo(width, height, random);
    images[name] = {DType::U8, {height, width, 3}, std::as_bytes(std::span(bytes[name]))};
  }
  write_safetensors(folder / "photos.safetensors", images, {});
  return folder / "photos.safetensors";
}

PretrainOptions small_options(const std::string& images, const std::string& out) {
  PretrainOptions options;
  options.images = images;
  options.out = out;
  options.network.arch = "resnet-tiny";
  options.network.prototypes = 256;
  options.views = {.global_side = 64, .local_side = 32, .locals = 2};
  options.batch = 12;
  options.learning_rate = 1e-3;
  options.momentum = 0.95;
  return options;
}

std::vector<nlohmann::json> read_log(const std::string& folder) {
  std::ifstream file(folder + "/log.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Pretrain, TheLossFallsWithoutCollapse) {
  const TemporaryFolder folder;
  PretrainOptions options = small_options(write_pack(folder, 24), folder / "out");
  options.steps = 40;
  pretrain(options);
  std::vector<double> losses, rates;
  for (const auto& line : read_log(options.out)) {
    if (line.contains("loss")) losses.push_back(line["loss"]);
    if (line.contains("view_match_rate")) rates.push_back(line["view_match_rate"]);
    EXPECT_FALSE(line.value("collapsed", false)) << line;
  }
  ASSERT_EQ(losses.size(), 8u);
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_LT(losses.back(), losses.front() - 0.3);
  // Twice chance, which is 1/24. A random network is above chance too: so short a training shows in the loss, hardly
  // here.
  EXPECT_GT(rates[1], 2.0 / 24);
}

TEST(Pretrain, AStoppedRunEndsInTheSameModel) {
  const TemporaryFolder folder;
  PretrainOptions options = small_options(write_pack(folder, 8), folder / "whole");
  options.batch = 4;
  options.steps = 30;
  pretrain(options);
  const std::string whole = read_bytes(options.out + "/model.safetensors");

  options.out = folder / "parts";
  options.workers = 3;
  const auto before = std::signal(SIGINT, [](int) {});  // one that comes too early or too late does nothing
  bool finished = false;
  int parts = 0;
  for (; !finished && parts < 50; ++parts) {
    const std::jthread stopper([&, part = parts](const std::stop_token& ended) {
      const std::size_t losses = loss_curve(options.out).size();
      while (!ended.stop_requested() && loss_curve(options.out).size() <= losses)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (part < 3) std::raise(SIGINT);
    });
    pretrain(options);
    finished = load_model(options.out + "/checkpoint.safetensors").config["finished"].get<bool>();
  }
  std::signal(SIGINT, before);
  ASSERT_TRUE(finished);
  EXPECT_GT(parts, 1) << "it was to be stopped before its end";
  EXPECT_EQ(read_bytes(options.out + "/model.safetensors"), whole);
  EXPECT_EQ(loss_curve(options.out), loss_curve(folder / "whole"));
}

TEST(Pretrain, EveryArchitectureMakesAModelThatMaskCutTakes) {
  const TemporaryFolder folder;
  const std::string images = write_pack(folder, 4);
  for (const char* arch : {"vit-tiny", "resnet-tiny"}) {
    PretrainOptions options = small_options(images, folder / arch);
    options.network.arch = arch;
    options.batch = 2;
    options.steps = 2;
    pretrain(options);
    const std::string model = options.out + "/model.safetensors";
    const Weights trained = load_model(model).weights;
    for (const auto& [name, tensor] : trained.tensors()) EXPECT_FALSE(name.starts_with("head.")) << name;

    PseudoLabelOptions labels;
    labels.images = images;
    labels.model = model;
    labels.out = folder / (std::string(arch) + ".safetensors");
    labels.crf = arch == std::string("resnet-tiny");
    label_by_maskcut(labels);
    const SafetensorsFile made(labels.out), photos(images);
    for (const auto& [name, photo] : photos.tensors()) {
      const std::string id = name.substr(6);
      const TensorView& ids = made.at("ids/" + id);
      EXPECT_EQ(ids.shape, (std::vector<std::int64_t>{photo.shape[0], photo.shape[1]}));
      for (const std::byte number : ids.bytes) ASSERT_LE(std::to_integer<int>(number), 3);
      EXPECT_EQ(made.at("weight/" + id).bytes.size(), sizeof(float));
    }
  }
}

TEST(Probe, FeaturesThatTellObjectsApartAreMeasuredSo) {
  const TemporaryFolder folder;
  const std::string images = write_halves(folder, 60);  // 3 of them are held out
  at::manual_seed(1);
  const Model encoder = without_head(initialise_encoder({.arch = "resnet-tiny", .global_side = 64, .prototypes = 16}));
  std::vector<Picture> pictures;
  const FeatureQuality right =
      FeatureProbe(images, write_labels(folder, images, right_half)).measure(encoder, &pictures);
  EXPECT_EQ(right.photos, 3);
  EXPECT_GT(right.cut_iou_either, 0.75) << "dark and bright: even random features are cut between them";
  EXPECT_GT(right.patch_knn, 0.9);
  EXPECT_EQ(right.rank(), right.patch_knn);
  ASSERT_EQ(pictures.size(), 9U);
  for (const Picture& picture : pictures) EXPECT_EQ(picture.rgb.size(), 3U * 64 * 64);
  EXPECT_EQ(pictures[0].ids[63], 1);
  EXPECT_EQ(pictures[0].ids[0], 0);
  // Of the two sides one is the cut: the labels' complement turns cut_iou round, and changes nothing else.
  const FeatureQuality left =
      FeatureProbe(images, write_labels(folder, images, [](double x, double) { return x < 0.5; }))
          .measure(encoder, nullptr);
  EXPECT_GT(std::max(left.cut_iou, right.cut_iou), 0.75);
  EXPECT_LT(std::min(left.cut_iou, right.cut_iou), 0.1);
  EXPECT_NEAR(left.patch_knn, right.patch_knn, 1e-6);
  // Labels that features know nothing of: every other row of squares.
  const FeatureQuality squares =
      FeatureProbe(images,
                   write_labels(folder, images, [](double x, double y) { return int(x * 6) % 2 != int(y * 6) % 2; }))
          .measure(encoder, nullptr);
  EXPECT_LT(squares.patch_knn, 0.6);
  EXPECT_LT(squares.cut_iou_either, 0.6);
}

TEST(Probe, LooksWhileTrainingAndKeepsTheBest) {
  const TemporaryFolder folder;
  PretrainOptions options = small_options(write_halves(folder, 24), folder / "out");
  options.labels = write_labels(folder, options.images, right_half);
  options.batch = 4;
  options.steps = 20;
  options.probes = 2;
  pretrain(options);
  std::vector<std::int64_t> looks;
  double best = 0;
  for (const auto& line : read_log(options.out))
    if (line.contains("patch_knn")) {
      looks.push_back(line["step"]);
      best = std::max(best, line["patch_knn"].get<double>());
    }
  EXPECT_EQ(looks, (std::vector<std::int64_t>{0, 10, 20}));
  const Model kept = load_model(options.out + "/best.safetensors");
  const FeatureQuality again = FeatureProbe(options.images, options.labels).measure(kept, nullptr);
  EXPECT_NEAR(again.patch_knn, best, 1e-9);
  // The photos it looks at are not trained on.
  std::ifstream settings(options.out + "/settings.json");
  EXPECT_EQ(nlohmann::json::parse(settings)["photos"], 22);
  options.labels.clear();
  EXPECT_THROW(pretrain(options), Error) << "another training set cannot go on from this checkpoint";
}

TEST(Probe, RefusesLabelsWithoutObjects) {
  const TemporaryFolder folder;
  PretrainOptions options = small_options(write_halves(folder, 4), folder / "out");
  options.steps = 1;
  options.labels = write_labels(folder, options.images, [](double, double) { return false; });
  EXPECT_THROW(pretrain(options), Error);
  options.labels = options.images;
  EXPECT_THROW(pretrain(options), Error);
  options.images = write_halves(folder, 1);
  options.labels = write_labels(folder, options.images, right_half);
  EXPECT_THROW(pretrain(options), Error) << "one photo cannot be trained on and held out";
}

TEST(Pretrain, OnePhotoInBatchesOfManyOrOfTwoIsTrainedOn) {
  const TemporaryFolder folder;
  for (const int batch : {2, 12}) {
    PretrainOptions options = small_options(write_pack(folder, 1), folder / std::to_string(batch));
    options.batch = batch;
    options.steps = 5;
    pretrain(options);
    const auto log = read_log(options.out);
    for (const auto& line : log)
      if (line.contains("loss")) {
        EXPECT_TRUE(line["loss"].is_number()) << line;  // JSON has no infinity: null
        EXPECT_GT(line["gradient_norm"], 0) << line;
      }
    EXPECT_EQ(load_model(options.out + "/checkpoint.safetensors").config["skipped"], 0);
  }
}

TEST(Pretrain, SaysThatFeaturesCollapse) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> black(48 * 48 * 3);  // every view of it is the same
  write_safetensors(folder / "black.safetensors",
                    {{"image/p", {DType::U8, {48, 48, 3}, std::as_bytes(std::span(black))}}}, {});
  PretrainOptions options = small_options(folder / "black.safetensors", folder / "out");
  options.batch = 2;
  options.steps = 25;
  testing::internal::CaptureStderr();
  pretrain(options);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("features collapse since step 5."), std::string::npos) << said;
  EXPECT_NE(said.find("features have collapsed"), std::string::npos) << said;
}

TEST(Pretrain, RefusesWhatItCannotTrainOn) {
  const TemporaryFolder folder;
  PretrainOptions options = small_options(write_pack(folder, 2), folder / "out");
  EXPECT_THROW(pretrain(options), Error);  // no budget
  options.steps = 1;
  options.views.global_side = 50;
  EXPECT_THROW(pretrain(options), Error);
  options.views.global_side = 64;
  options.network.arch = "perceptron";
  EXPECT_THROW(pretrain(options), Error);
  options.network.arch = "resnet-tiny";
  options.images = folder / "missing";
  EXPECT_THROW(pretrain(options), Error);
  EXPECT_THROW(load_feature_network(folder / "photos.safetensors"), Error);
}

TEST(Distillation, LossIsLeastWhereTheStudentAgrees) {
  at::manual_seed(2);
  const at::Tensor teacher = at::randn({6, 32}) * 0.3, centre = at::zeros({32});
  const auto t = teacher.chunk(2);
  const at::Tensor sharp = teacher * (0.1 / 0.04);  // the student's temperature undone: it says the very same
  const at::Tensor swapped = at::cat({sharp.chunk(2)[1], sharp.chunk(2)[0]});
  const double agreed = distillation_loss(swapped, teacher, centre).item<double>();
  for (int trial = 0; trial < 20; ++trial)
    EXPECT_GT(distillation_loss(swapped + at::randn({6, 32}) * 0.1, teacher, centre).item<double>(), agreed);
}

TEST(Distillation, CollapseIsNoticed) {
  at::manual_seed(3);
  const at::Tensor vectors = at::randn({64, 48}), centre = at::zeros({128});
  const at::Tensor varied = at::randn({64, 128});
  EXPECT_FALSE(measure_collapse(varied, centre, vectors).collapsed());
  EXPECT_TRUE(measure_collapse(at::zeros({64, 128}), centre, vectors).collapsed());  // the same of everything
  EXPECT_TRUE(measure_collapse(varied[0].expand({64, 128}) * 9, centre, vectors).collapsed());  // one prototype always
  EXPECT_TRUE(measure_collapse(varied, centre, vectors[0].expand({64, 48})).collapsed());       // one vector for all
}

TEST(Views, AreDeterminedByTheirSeedAndWithinThePhoto) {
  Random draw(8);
  const std::vector<std::uint8_t> rgb = made_up_photo(61, 47, draw);
  const Photo photo{"p", {61, 47}, rgb.data(), nullptr, 0};
  const ViewSettings settings{.global_side = 48, .local_side = 32, .locals = 3};
  Random a(1), b(1), c(2);
  const Views first = make_views(photo, settings, a), same = make_views(photo, settings, b),
              other = make_views(photo, settings, c);
  EXPECT_EQ(first.globals.size(), 2u * 3 * 48 * 48);
  EXPECT_EQ(first.locals.size(), 3u * 3 * 32 * 32);
  EXPECT_EQ(first.globals, same.globals);
  EXPECT_EQ(first.locals, same.locals);
  EXPECT_NE(first.globals, other.globals);
}

}  // namespace
}  // namespace vcl::train
