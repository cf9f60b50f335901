// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "evaluation/davis_files.hpp"
#include "tools/evaluate/eval.hpp"
#include "tools/images/batch.hpp"
#include "tools/media/input.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

LabelVideo read_result(const std::string& path) {
  return fs::is_directory(path) ? read_label_folder(path) : read_label_lines(path);
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

/// Returns the folder with a sequence's images: F/<sequence>/frames or F/<sequence>. If no folder F is given, the
/// frames beside the masks.
std::string frame_folder(const EvalOptions& options, const std::string& sequence) {
  const fs::path folder = fs::path(options.frames.empty() ? options.truth : options.frames) / sequence;
  if (fs::is_directory(folder / "frames")) return folder / "frames";
  return options.frames.empty() ? "" : folder.string();
}

Exhibit exhibit_of(const DavisSequence& sequence, const EvalOptions& options) {
  LabelVideo truth = read_label_folder(sequence.truth), result = read_result(sequence.result);
  if (options.task == DavisTask::SingleObject) {
    join_objects(truth);
    join_objects(result);
  }
  Exhibit exhibit{truth.size, label_tracks(truth), label_tracks(result)};
  const std::string folder = frame_folder(options, sequence.name);
  if (folder.empty()) return exhibit;
  try {
    exhibit.frames = resolve_input(folder).images;
    if (exhibit.frames.size() == truth.frames.size()) return exhibit;
    exhibit.note = fmt::format("'{}' has {} images for {} frames", folder, exhibit.frames.size(), truth.frames.size());
  } catch (const Error& error) {
    exhibit.note = error.what();
  }
  exhibit.frames.clear();
  return exhibit;
}

std::string title_of(DavisTask task) {
  switch (task) {
    case DavisTask::Unsupervised:
      return "DAVIS, unsupervised";
    case DavisTask::SemiSupervised:
      return "DAVIS, semi-supervised";
    case DavisTask::SingleObject:
      return "DAVIS, single object";
  }
  return {};
}

}  // namespace

Evaluation eval_davis(const EvalOptions& options) {
  const std::vector<DavisSequence> sequences = davis_sequences(options.truth, options.results);
  std::vector<DavisVideo> videos(sequences.size());
  run_batch(sequences.size(), "sequence",
            [&](std::size_t i) { videos[i] = eval_sequence(sequences[i], options.task); });

  const bool has_ids = options.task != DavisTask::SingleObject;
  Evaluation evaluation{.title = title_of(options.task), .unit = "sequence", .columns = {{"objects", true}}};
  if (has_ids) std::ranges::move(consistency_columns(), std::back_inserter(evaluation.columns));
  std::ranges::move(std::vector<Evaluation::Column>{{"J"}, {"F"}, {"J&F"}}, std::back_inserter(evaluation.columns));
  std::vector<DavisObject> all;
  TrackConsistency consistency;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<DavisObject>& objects = videos[i].objects;
    const DavisMeans means = davis_means(objects);
    std::vector<double> row = {double(objects.size())};
    if (has_ids) std::ranges::copy(values_of(videos[i].consistency), std::back_inserter(row));
    for (const double value : {means.j_mean, means.f_mean, means.jf}) row.push_back(value);
    evaluation.rows.emplace_back(sequences[i].name, row);
    all.insert(all.end(), objects.begin(), objects.end());
    consistency.add(videos[i].consistency);
  }
  const DavisMeans means = davis_means(all);
  evaluation.figures = {{"J&F", means.jf},          {"J mean", means.j_mean}, {"J recall", means.j_recall},
                        {"J decay", means.j_decay}, {"F mean", means.f_mean}, {"F recall", means.f_recall},
                        {"F decay", means.f_decay}};
  if (has_ids) std::ranges::move(figures_of(consistency), std::back_inserter(evaluation.figures));
  evaluation.exhibit = [sequences, options](std::size_t row) { return exhibit_of(sequences[row], options); };
  return evaluation;
}

}  // namespace vcl
