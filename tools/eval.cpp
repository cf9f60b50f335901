// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>

#include "core/eval/coco_eval.hpp"
#include "core/eval/coco_files.hpp"
#include "core/eval/davis_eval.hpp"
#include "core/eval/davis_files.hpp"
#include "core/eval/ytvis_eval.hpp"
#include "core/eval/ytvis_files.hpp"
#include "evaluation.hpp"
#include "output.hpp"
#include "vcl/error.hpp"
#include "vcl/threads.hpp"
#include "verbs.hpp"

namespace vcl {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct EvalOptions {
  std::string truth, results, json;
  DavisTask task = DavisTask::Unsupervised;
};

void report(const Evaluation& evaluation, const EvalOptions& options) {
  if (!options.json.empty()) write_output(options.json, json_of(evaluation));
  fmt::print(options.json == "-" ? stderr : stdout, "{}", table_of(evaluation));
}

std::vector<std::pair<std::string, double>> figures_of(const DetectionScores& scores) {
  std::vector<std::pair<std::string, double>> figures = {{"AP", scores.ap},
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
  for (auto& [name, value] : figures)
    if (value < 0) value = kUndefined;
  return figures;
}

/// Mean over the truths, crowds left out, of the IoU of the result that fits best.
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

const std::vector<Evaluation::Column> kSceneColumns = {{"truths", true}, {"results", true}, {"best IoU"}};

std::vector<double> scene_row(const Scene& scene) {
  return {double(scene.truths.size()), double(scene.results.size()), mean_best_iou(scene)};
}

/// The folder of its frames, as people know a video; else its id.
std::string video_name(std::int64_t id, const YtvisVideo& video) {
  const auto folder = video.frames.empty() ? "" : std::filesystem::path(video.frames[0]).parent_path().string();
  return folder.empty() ? std::to_string(id) : folder;
}

void eval_ytvis(const EvalOptions& options) {
  const YtvisTruths truths = read_ytvis_truths(options.truth);
  const auto videos = ytvis_scenes(truths.truths, read_ytvis_results(options.results, truths));
  Evaluation evaluation{{}, "video", kSceneColumns, {}};
  std::vector<Scene> scenes;
  for (const auto& [id, scene] : videos) {
    evaluation.rows.emplace_back(video_name(id, truths.videos.at(id)), scene_row(scene));
    scenes.push_back(scene);
  }
  evaluation.figures = figures_of(detection_scores(scenes, kYtvisSmall, kYtvisMedium));
  report(evaluation, options);
}

void eval_coco(const EvalOptions& options) {
  const CocoTruths truths = read_coco_truths(options.truth);
  const auto images = coco_scenes(truths.truths, read_coco_results(options.results, truths));
  Evaluation evaluation{{}, "image", kSceneColumns, {}};
  std::vector<Scene> scenes;
  for (const auto& [id, scene] : images) {
    evaluation.rows.emplace_back(truths.images.at(id).file_name, scene_row(scene));
    scenes.push_back(scene);
  }
  evaluation.figures = figures_of(detection_scores(scenes, kCocoSmall, kCocoMedium));
  report(evaluation, options);
}

LabelVideo read_result(const std::string& path) {
  return std::filesystem::is_directory(path) ? read_label_folder(path) : read_label_lines(path);
}

DavisVideo eval_sequence(const DavisSequence& sequence, DavisTask task) {
  const LabelVideo truth = read_label_folder(sequence.truth);
  const LabelVideo result = read_result(sequence.result);
  try {
    return davis_scores(truth, result, task);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("sequence '{}': {}", sequence.name, error.what()));
  }
}

/// Every sequence's scores, in order, found by all usable processors; the first error ends it.
std::vector<DavisVideo> eval_sequences(const std::vector<DavisSequence>& sequences, DavisTask task) {
  std::vector<DavisVideo> videos(sequences.size());
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::exception_ptr error;
  std::mutex mutex;  // of done, error and the terminal
  const bool shows = isatty(STDERR_FILENO) != 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < sequences.size(); i = next++) try {
        videos[i] = eval_sequence(sequences[i], task);
        const std::lock_guard lock(mutex);
        ++done;
        if (shows) fmt::print(stderr, "\r\033[K{} of {} sequences", done, sequences.size());
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = sequences.size();
      }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < usable_processors(); ++i) threads.emplace_back(work);
    work();
  }
  if (shows) fmt::print(stderr, "\r\033[K");
  if (error) std::rethrow_exception(error);
  return videos;
}

void eval_davis(const EvalOptions& options) {
  const std::vector<DavisSequence> sequences = davis_sequences(options.truth, options.results);
  const std::vector<DavisVideo> videos = eval_sequences(sequences, options.task);
  Evaluation evaluation{{}, "sequence", {{"objects", true}, {"J"}, {"F"}, {"J&F"}}, {}};
  std::vector<DavisObject> all;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<DavisObject>& objects = videos[i].objects;
    const DavisMeans means = davis_means(objects);
    evaluation.rows.emplace_back(sequences[i].name,
                                 std::vector{double(objects.size()), means.j_mean, means.f_mean, means.jf});
    all.insert(all.end(), objects.begin(), objects.end());
  }
  const DavisMeans means = davis_means(all);
  evaluation.figures = {{"J&F", means.jf},          {"J mean", means.j_mean}, {"J recall", means.j_recall},
                        {"J decay", means.j_decay}, {"F mean", means.f_mean}, {"F recall", means.f_recall},
                        {"F decay", means.f_decay}};
  report(evaluation, options);
}

CLI::App* add_metric(CLI::App* verb, const std::shared_ptr<EvalOptions>& options, const char* name, const char* what,
                     void (*run)(const EvalOptions&)) {
  CLI::App* metric = verb->add_subcommand(name, what);
  metric->add_option("--gt", options->truth, "ground truth")->required();
  metric->add_option("--results", options->results, "what is measured")->required();
  metric->add_option("--json", options->json, "write all figures to this file; -: standard output");
  metric->callback([options, run] {
    check_output(options->json, options->truth);
    run(*options);
  });
  return metric;
}

}  // namespace

void add_eval(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("eval", "Measure results against ground truth, whatever the classes");
  verb->require_subcommand(1);
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* davis = add_metric(verb, options, "davis",
                               "J and F: folders of index PNGs, or .jsonl of vcl segment, a sequence each", eval_davis);
  davis
      ->add_option("--task", options->task, "unsupervised (the default), semi-supervised or single-object (DAVIS 2016)")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, DavisTask>{{"unsupervised", DavisTask::Unsupervised},
                                                                   {"semi-supervised", DavisTask::SemiSupervised},
                                                                   {"single-object", DavisTask::SingleObject}}));
  add_metric(verb, options, "ytvis", "AP and AR of tracks: YouTube-VIS JSON files", eval_ytvis);
  add_metric(verb, options, "coco", "AP and AR of masks on images: COCO JSON files with run lengths", eval_coco);
}

}  // namespace vcl
