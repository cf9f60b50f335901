// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <limits>
#include <string>

#include "evaluation/davis_eval.hpp"
#include "evaluation/detection_scores.hpp"
#include "tools/evaluate/evaluation.hpp"

namespace vcl {

struct EvalOptions {
  std::string truth, results, json;
  std::string report, frames;  ///< the HTML report, and the folder of the images that it shows
  DavisTask task = DavisTask::Unsupervised;
  double least_score = -std::numeric_limits<double>::infinity();  ///< minimum score of the tracks whose ids are judged
};

/// Evaluate the results with the measure of each benchmark. They throw vcl::Error.
Evaluation eval_davis(const EvalOptions& options);
Evaluation eval_ytvis(const EvalOptions& options);
Evaluation eval_coco(const EvalOptions& options);

/// Returns AP and AR under their usual names. NaN if undefined.
std::vector<Evaluation::Figure> figures_of(const DetectionScores& scores);
/// Returns the mean over the true objects, without crowds, of the highest IoU with any result. NaN if there are none.
double mean_best_iou(const Scene& scene);

/// Returns how consistent the ids are over all videos.
std::vector<Evaluation::Figure> figures_of(const TrackConsistency& counts);
/// The columns and values of one video.
std::vector<Evaluation::Column> consistency_columns();
std::vector<double> values_of(const TrackConsistency& counts);

}  // namespace vcl
