// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Masks of single photos against ground truth, for models of any kind.
//
//   image_quality [--tau T] [--size S] [--half 1|2] [--cuts-only] DATA [MODEL...]
//
// DATA/tokencut-ecssd/*.jpg with <name>_gt.png and <name>_tokencut.png: one object each; prints the IoU of the best and
// of the first mask. DATA/instances/instances.json and its photos: prints COCO's class-agnostic mask AP and AR. A row
// of the table is a model's features cut by MaskCut (N = 3), the same with the CRF or, for video models, their own
// masks of the photo as a video of one frame. --half uses every second photo: settings are chosen on one half and
// checked on the other.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/coco_eval.hpp"
#include "evaluation/coco_files.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace {

namespace fs = std::filesystem;
using vcl::Rle;

struct Scored {
  Rle mask;
  double score;
};

struct Photo {
  std::string name;
  cv::Mat bgr;
  vcl::FrameView view() const {
    return {.size = {bgr.cols, bgr.rows},
            .format = vcl::PixelFormat::BGR,
            .planes = {bgr.data},
            .strides = {std::ptrdiff_t(bgr.step)}};
  }
};

/// Returns the masks of a photo. The first is the one that the program would show first.
using Segmenter = std::function<std::vector<Scored>(const Photo&)>;

struct Object {
  Photo photo;
  Rle truth, tokencut;
};

struct Data {
  std::vector<Object> objects;
  std::vector<std::pair<std::int64_t, Photo>> instances;  // by image id
  std::vector<vcl::CocoTruth> truths;
};

cv::Mat read(const fs::path& path, cv::ImreadModes mode) {
  cv::Mat image = cv::imread(path.string(), mode | cv::IMREAD_IGNORE_ORIENTATION);
  if (image.empty()) throw vcl::Error(vcl::ErrorKind::Unreadable, fmt::format("cannot read '{}'", path.string()));
  return image;
}

Rle read_mask(const fs::path& path) {
  const cv::Mat image = read(path, cv::IMREAD_GRAYSCALE);
  vcl::Mask mask(image.cols, image.rows);
  std::copy(image.begin<unsigned char>(), image.end<unsigned char>(), mask.pixels.begin());
  return vcl::rle_encode(mask);
}

/// Returns whether the photo with this index belongs to the half (0: all do).
bool in_half(std::size_t index, int half) {
  return half == 0 || int(index % 2) == half - 1;
}

Data read_data(const fs::path& folder, int half) {
  Data data;
  std::vector<fs::path> photos;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "tokencut-ecssd"))
    if (entry.path().extension() == ".jpg") photos.push_back(entry.path());
  std::ranges::sort(photos);
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (!in_half(i, half)) continue;
    const std::string stem = photos[i].parent_path() / photos[i].stem();
    data.objects.push_back({{photos[i].stem(), read(photos[i], cv::IMREAD_COLOR)},
                            read_mask(stem + "_gt.png"),
                            read_mask(stem + "_tokencut.png")});
  }
  vcl::CocoTruths truths = vcl::read_coco_truths(folder / "instances/instances.json");
  std::size_t index = 0;
  std::erase_if(truths.images, [&](const auto&) { return !in_half(index++, half); });
  for (const auto& [id, image] : truths.images)
    data.instances.emplace_back(id,
                                Photo{image.file_name, read(folder / "instances" / image.file_name, cv::IMREAD_COLOR)});
  for (vcl::CocoTruth& truth : truths.truths)
    if (truths.images.contains(truth.image)) data.truths.push_back(std::move(truth));
  if (data.objects.empty() || data.instances.empty())
    throw vcl::Error(vcl::ErrorKind::NotFound, fmt::format("there are no photos in '{}'", folder.string()));
  return data;
}

std::vector<Scored> centre_box(const Photo& photo) {
  vcl::Mask mask(photo.bgr.cols, photo.bgr.rows);
  for (int y = mask.height / 5; y < mask.height - mask.height / 5; ++y)
    for (int x = mask.width / 5; x < mask.width - mask.width / 5; ++x) mask.at(x, y) = 1;
  return {{vcl::rle_encode(mask), 1}};
}

struct MaskCutSettings {
  double tau = 0.15;
  int size = 0;  // 0: the default of the network
  bool cuts_only = false, own_only = false;
};

/// Scores are those of element maskcut. The order is that of the cuts.
Segmenter maskcut_of(const std::string& model, const MaskCutSettings& settings, bool crf) {
  vcl::FeatureOptions options;
  options.model = model;
  options.input = {settings.size, settings.size};
  const std::shared_ptr<vcl::FeatureExtractor> extractor = vcl::open_features(options);
  return [extractor, settings, crf](const Photo& photo) {
    const vcl::FeatureMap features = extractor->extract(photo.view());
    const auto steps = vcl::maskcut(features, {.tau = settings.tau});
    const auto masks = vcl::finish_cuts(steps, features.grid, features.input, photo.view(), {.crf = crf});
    std::vector<Scored> found;
    for (std::size_t i = 0; i < masks.size(); ++i)
      if (Rle rle = vcl::rle_encode(masks[i]); vcl::rle_area(rle) > 0)
        found.push_back({std::move(rle), 1 - steps[i].eigenvalue});
    return found;
  };
}

/// Returns a segmenter with all masks that the model predicts, or nullopt if it is not a video model.
std::optional<Segmenter> own_masks_of(const std::string& model) {
  std::shared_ptr<vcl::Engine> engine;
  try {
    engine = vcl::open_engine({.model = model});
  } catch (const vcl::Error& error) {
    if (error.kind() == vcl::ErrorKind::Unsupported) return {};
    throw;
  }
  engine->set_filters({.threshold = 0, .max_instances = 100});
  return [engine](const Photo& photo) {
    std::vector<vcl::FrameResult> results = engine->push(photo.view(), 0);
    for (vcl::FrameResult& result : engine->drain()) results.push_back(std::move(result));
    std::vector<Scored> found;
    for (const vcl::FrameResult& result : results)
      for (const vcl::Instance& instance : result.instances) found.push_back({instance.mask, instance.score});
    std::ranges::stable_sort(found, std::greater(), &Scored::score);
    return found;
  };
}

void print_row(const std::string& name, const Data& data, const Segmenter& segment) {
  double best = 0, first = 0;
  for (const Object& object : data.objects) {
    double highest = 0;
    const std::vector<Scored> found = segment(object.photo);
    for (const Scored& scored : found) highest = std::max(highest, vcl::rle_iou(scored.mask, object.truth));
    best += highest / double(data.objects.size());
    if (!found.empty()) first += vcl::rle_iou(found[0].mask, object.truth) / double(data.objects.size());
  }
  std::vector<vcl::CocoResult> results;
  for (const auto& [id, photo] : data.instances)
    for (Scored& scored : segment(photo)) results.push_back({id, std::move(scored.mask), scored.score});
  const vcl::DetectionScores scores = vcl::coco_scores(data.truths, results);
  fmt::print("{:<44} {:>6.3f} {:>6.3f} {:>7.4f} {:>7.4f} {:>7.4f} {:>7.4f} {:>7.4f}\n", name, best, first, scores.ap,
             scores.ap50, scores.ar1, scores.ar10, scores.ar100);
  std::fflush(stdout);
}

void print_stored(const Data& data) {
  double sum = 0;
  for (const Object& object : data.objects) sum += vcl::rle_iou(object.tokencut, object.truth);
  fmt::print("{:<44} {:>6.3f} {:>6.3f}\n", "stored TokenCut masks (DINO ViT-S/16)", sum / double(data.objects.size()),
             sum / double(data.objects.size()));
}

void print_model(const std::string& model, const Data& data, const MaskCutSettings& settings) {
  const std::string name = model.empty() ? "default model" : model;
  if (!settings.own_only) print_row(name + ", cuts", data, maskcut_of(model, settings, false));
  if (settings.cuts_only) return;
  if (!settings.own_only) print_row(name + ", cuts and CRF", data, maskcut_of(model, settings, true));
  if (const auto own = own_masks_of(model)) print_row(name + ", own masks", data, *own);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Masks of photos against ground truth");
  std::string data_folder;
  std::vector<std::string> models{""};
  MaskCutSettings settings;
  int half = 0;
  app.add_option("DATA", data_folder, "folder with tokencut-ecssd and instances")->required();
  app.add_option("MODEL", models, "model files; the embedded one by default");
  app.add_option("--tau", settings.tau, "of MaskCut")->capture_default_str();
  app.add_option("--size", settings.size, "side that photos are scaled to; 0: the network's own")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--cuts-only", settings.cuts_only, "neither CRF nor own masks, for trying many settings");
  app.add_flag("--own-only", settings.own_only, "the model's own masks alone, without MaskCut")
      ->excludes("--cuts-only");
  app.add_option("--half", half, "1 or 2: of every two photos this one")->check(CLI::Range(0, 2));
  try {
    app.parse(argc, argv);
    const Data data = read_data(data_folder, half);
    fmt::print("{} photos of one object, {} with {} instances\n{:<44} {:>6} {:>6} {:>7} {:>7} {:>7} {:>7} {:>7}\n",
               data.objects.size(), data.instances.size(), data.truths.size(), "", "best", "first", "AP", "AP50", "AR1",
               "AR10", "AR100");
    print_row("centre box", data, centre_box);
    print_stored(data);
    for (const std::string& model : models) print_model(model, data, settings);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "image_quality: {}\n", error.what());
    return 1;
  }
}
