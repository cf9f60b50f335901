// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

#include "evaluation/coco_files.hpp"
#include "evaluation/ytvis_files.hpp"
#include "tools/evaluate/eval.hpp"
#include "tools/images/batch.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Returns the image files that an annotation file names. Paths outside of the folder are refused, so that the author
/// of the file cannot choose what else the report shows.
std::vector<std::string> frames_in(const std::string& folder, const std::vector<std::string>& names,
                                   std::string& note) {
  std::vector<std::string> frames;
  for (const std::string& name : names) {
    const fs::path path(name);
    if (path.is_absolute() || std::ranges::find(path, "..") != path.end()) {
      note = "'" + name + "' is outside of the folder of frames";
      return {};
    }
    frames.push_back((fs::path(folder) / path).string());
  }
  return frames;
}

/// Returns the folder of the video's frames, which is its usual name, or its id if there is none.
std::string video_name(std::int64_t id, const YtvisVideo& video) {
  const auto folder = video.frames.empty() ? "" : fs::path(video.frames[0]).parent_path().string();
  return folder.empty() ? std::to_string(id) : folder;
}

/// The truths and results that were read. They are kept for as long as the evaluation may be asked for exhibits.
struct YtvisFiles {
  explicit YtvisFiles(const EvalOptions& options) : truths(read_truths(options)), results(read_results(options)) {
    for (auto& [id, entries] : by_video(truths.truths, results)) {
      ids.push_back(id);
      videos.push_back(std::move(entries));
    }
  }
  YtvisTruths read_truths(const EvalOptions& options) {
    const ReadingLine line(options.truth);
    return read_ytvis_truths(options.truth);
  }
  std::vector<YtvisResult> read_results(const EvalOptions& options) {
    const ReadingLine line(options.results);
    return read_ytvis_results(options.results, truths);
  }

  const YtvisTruths truths;
  const std::vector<YtvisResult> results;
  std::vector<std::int64_t> ids;
  std::vector<YtvisEntries> videos;
};

Exhibit exhibit_of(const YtvisFiles& files, std::size_t row, const std::string& folder) {
  YtvisTracks tracks = unpack(files.videos[row]);
  const YtvisVideo& video = files.truths.videos.at(files.ids[row]);
  Exhibit exhibit{video.size, std::move(tracks.truths), std::move(tracks.results)};
  if (!folder.empty()) exhibit.frames = frames_in(folder, video.frames, exhibit.note);
  return exhibit;
}

struct CocoFiles {
  explicit CocoFiles(const EvalOptions& options)
      : truths(read_coco_truths(options.truth)), results(read_coco_results(options.results, truths)) {}

  const CocoTruths truths;
  const std::vector<CocoResult> results;
};

Exhibit exhibit_of(const CocoFiles& files, std::int64_t image, const std::string& folder) {
  const CocoImage& shown = files.truths.images.at(image);
  Exhibit exhibit{shown.size, {}, {}};
  for (const CocoTruth& truth : files.truths.truths)
    if (truth.image == image) exhibit.truths.push_back({truth.mask});
  std::vector<const CocoResult*> results;
  for (const CocoResult& result : files.results)
    if (result.image == image) results.push_back(&result);
  std::ranges::stable_sort(results, std::greater(), &CocoResult::score);
  for (const CocoResult* result : results) exhibit.results.push_back({result->mask});
  if (!folder.empty()) exhibit.frames = frames_in(folder, {shown.file_name}, exhibit.note);
  return exhibit;
}

}  // namespace

std::vector<Evaluation::Figure> figures_of(const DetectionScores& scores) {
  std::vector<Evaluation::Figure> figures = {{"AP", scores.ap},
                                             {"AP50", scores.ap50},
                                             {"AP75", scores.ap75},
                                             {"AP small", scores.ap_small},
                                             {"AP medium", scores.ap_medium},
                                             {"AP large", scores.ap_large},
                                             {"AR1", scores.ar1},
                                             {"AR10", scores.ar10},
                                             {"AR100", scores.ar100},
                                             {"AR small", scores.ar_small},
                                             {"AR medium", scores.ar_medium},
                                             {"AR large", scores.ar_large}};
  for (Evaluation::Figure& figure : figures)
    if (figure.value < 0) figure.value = kUndefined;
  return figures;
}

double mean_best_iou(const Scene& scene) {
  double sum = 0, truths = 0;
  for (std::size_t g = 0; g < scene.truths.size(); ++g) {
    if (scene.truths[g].crowd) continue;
    double best = 0;
    for (const auto& row : scene.iou) best = std::max(best, row[g]);
    sum += best;
    ++truths;
  }
  return truths == 0 ? kUndefined : sum / truths;
}

Evaluation eval_ytvis(const EvalOptions& options) {
  const auto files = std::make_shared<const YtvisFiles>(options);
  std::vector<Scene> scenes(files->videos.size());
  std::vector<TrackConsistency> consistencies(scenes.size());
  run_batch(scenes.size(), "video", [&](std::size_t i) {
    const YtvisTracks tracks = unpack(files->videos[i]);
    scenes[i] = ytvis_scene(files->videos[i], tracks);
    consistencies[i] = ytvis_consistency(files->videos[i], tracks, options.least_score);
  });

  const bool all_judged = std::isinf(options.least_score);
  Evaluation evaluation{
      .title = all_judged ? "YouTube-VIS"
                          : fmt::format("YouTube-VIS, ids of tracks with a score of {} or more", options.least_score),
      .unit = "video",
      .columns = {{"truths", true}, {"results", true}}};
  std::ranges::move(consistency_columns(), std::back_inserter(evaluation.columns));
  evaluation.columns.push_back({"best IoU"});
  TrackConsistency all;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    std::vector<double> row = {double(scenes[i].truths.size()), double(scenes[i].results.size())};
    std::ranges::copy(values_of(consistencies[i]), std::back_inserter(row));
    row.push_back(mean_best_iou(scenes[i]));
    evaluation.rows.emplace_back(video_name(files->ids[i], files->truths.videos.at(files->ids[i])), row);
    all.add(consistencies[i]);
  }
  evaluation.figures = figures_of(detection_scores(scenes, kYtvisSmall, kYtvisMedium));
  std::ranges::move(figures_of(all), std::back_inserter(evaluation.figures));
  evaluation.exhibit = [files, folder = options.frames](std::size_t row) { return exhibit_of(*files, row, folder); };
  return evaluation;
}

Evaluation eval_coco(const EvalOptions& options) {
  const auto files = std::make_shared<const CocoFiles>(options);
  Evaluation evaluation{
      .title = "COCO", .unit = "image", .columns = {{"truths", true}, {"results", true}, {"best IoU"}}};
  std::vector<Scene> scenes;
  std::vector<std::int64_t> ids;
  for (auto& [id, scene] : coco_scenes(files->truths.truths, files->results)) {
    evaluation.rows.emplace_back(
        files->truths.images.at(id).file_name,
        std::vector{double(scene.truths.size()), double(scene.results.size()), mean_best_iou(scene)});
    scenes.push_back(std::move(scene));
    ids.push_back(id);
  }
  evaluation.figures = figures_of(detection_scores(scenes, kCocoSmall, kCocoMedium));
  evaluation.exhibit = [files, ids, folder = options.frames](std::size_t row) {
    return exhibit_of(*files, ids[row], folder);
  };
  return evaluation;
}

}  // namespace vcl
