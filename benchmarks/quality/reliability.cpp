// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether scores predict the IoU of a mask with an object.
//
//   reliability [--model MODEL] [--fit] SET...
//
// SET: a folder in YouTube-VIS format (vcl-train synthesize --held-out --ytvis), of photos with COCO's instances.json,
// or of photos NAME.jpg with one object in NAME_gt.png. Uses every mask that the program would report with threshold 0,
// with its score and its IoU with the best matching object in its frame. The table shows the means of both for scores
// from 0 to 0.1, 0.1 to 0.2, ... and the calibration error: the difference of the two means, averaged over all masks.
// --fit prints the pairs of a "calibration" for the model's configuration; the model must not have one yet.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "benchmarks/quality/truth_clips.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

namespace fs = std::filesystem;
using vcl::benchmark::TruthClip;

struct Judged {
  double score, iou;
};

std::vector<TruthClip> read_set(const fs::path& folder) {
  std::vector<TruthClip> clips = fs::is_directory(folder / "JPEGImages") ? vcl::benchmark::read_ytvis(folder)
                                                                         : vcl::benchmark::read_photos(folder);
  if (clips.empty()) throw vcl::Error(vcl::ErrorKind::NotFound, fmt::format("no clips in '{}'", folder.string()));
  return clips;
}

std::vector<Judged> judge(const std::vector<TruthClip>& clips, vcl::Engine& engine) {
  std::vector<Judged> judged;
  for (const TruthClip& clip : clips) {
    std::vector<vcl::FrameResult> results;
    const auto take = [&](std::vector<vcl::FrameResult> some) { std::ranges::move(some, std::back_inserter(results)); };
    for (const cv::Mat& picture : clip.frames)
      take(engine.push({.size = {picture.cols, picture.rows},
                        .planes = {picture.data},
                        .strides = {std::ptrdiff_t(picture.step[0])}},
                       -1));
    take(engine.drain());
    for (std::size_t t = 0; t < results.size(); ++t)
      for (const vcl::Instance& instance : results[t].instances) {
        double best = 0;
        for (const vcl::MaskTrack& object : clip.truth)
          if (object[t]) best = std::max(best, vcl::rle_iou(instance.mask, *object[t]));
        judged.push_back({instance.score, best});
      }
  }
  std::ranges::sort(judged, {}, &Judged::score);
  return judged;
}

struct Means {
  double count = 0, score = 0, iou = 0;
  void add(const Means& more) {
    const double all = count + more.count;
    score += (more.score - score) * more.count / all;
    iou += (more.iou - iou) * more.count / all;
    count = all;
  }
};

void print(const std::string& name, const std::vector<Judged>& judged) {
  constexpr int kBins = 10;
  std::vector<Means> bins(kBins);
  for (const auto& [score, iou] : judged)
    bins[std::size_t(std::min(kBins - 1, int(score * kBins)))].add({1, score, iou});
  fmt::print("{}\n{:>9} {:>8} {:>8} {:>8}\n", name, "scores", "masks", "score", "IoU");
  double error = 0;
  for (int i = 0; i < kBins; ++i) {
    const Means& bin = bins[std::size_t(i)];
    if (bin.count == 0) continue;
    fmt::print("{:.1f} - {:.1f} {:>8.0f} {:>8.3f} {:>8.3f}\n", i / 10.0, (i + 1) / 10.0, bin.count, bin.score, bin.iou);
    error += bin.count / double(judged.size()) * std::abs(bin.score - bin.iou);
  }
  fmt::print("calibration error {:.3f}\n\n", error);
}

/// Returns pairs of score and IoU, both increasing: means over equal numbers of masks, merged where the IoU would
/// decrease. All sets have equal weight.
std::vector<Means> fit(const std::vector<std::vector<Judged>>& sets) {
  constexpr double kPairs = 12;
  std::vector<std::pair<Judged, double>> all;
  for (const std::vector<Judged>& set : sets)
    for (const Judged& one : set) all.emplace_back(one, 1 / double(set.size()));
  std::ranges::sort(all, {}, [](const auto& entry) { return entry.first.score; });
  std::vector<Means> pairs;
  double weight = 0;
  for (const auto& [one, own] : all) {
    if (pairs.empty() || weight >= double(sets.size()) / kPairs) pairs.emplace_back(), weight = 0;
    pairs.back().add({own, one.score, one.iou});
    weight += own;
  }
  std::vector<Means> rising;
  for (const Means& pair : pairs) {
    rising.push_back(pair);
    while (rising.size() > 1 && rising[rising.size() - 2].iou > rising.back().iou) {
      rising[rising.size() - 2].add(rising.back());
      rising.pop_back();
    }
  }
  return rising;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Whether scores are the IoU that they promise");
  std::vector<std::string> folders;
  std::string model;
  bool fitted = false;
  app.add_option("SET", folders, "Folders of clips or photos with their objects")->required();
  app.add_option("--model", model, "Model file; without it the default model");
  app.add_flag("--fit", fitted, "Print a calibration");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto engine = vcl::open_engine({.model = model, .device = "cpu"});
    engine->set_filters({.threshold = 0, .max_instances = 100});
    std::vector<std::vector<Judged>> sets;
    for (const std::string& folder : folders) print(folder, sets.emplace_back(judge(read_set(folder), *engine)));
    if (!fitted) return 0;
    std::string text;
    for (const Means& pair : fit(sets))
      text += fmt::format("{}[{:.3f}, {:.3f}]", text.empty() ? "" : ", ", pair.score, pair.iou);
    fmt::print("\"calibration\": [{}]\n", text);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "reliability: {}\n", error.what());
    return 1;
  }
}
