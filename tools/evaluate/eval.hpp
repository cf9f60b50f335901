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
  std::string report, frames;  ///< the page, and the folder of the images that it shows
  DavisTask task = DavisTask::Unsupervised;
  double least_score = -std::numeric_limits<double>::infinity();  ///< of tracks whose ids are judged
};

/// Each measures, and says what a row of the evaluation looks like. Throw vcl::Error.
Evaluation eval_davis(const EvalOptions& options);
Evaluation eval_ytvis(const EvalOptions& options);
Evaluation eval_coco(const EvalOptions& options);

/// What AP and AR are called; and of one image or video.
std::vector<Evaluation::Figure> figures_of(const DetectionScores& scores);
/// Mean over the truths, crowds left out, of the IoU of the result that fits best; NaN where there is none.
double mean_best_iou(const Scene& scene);

/// The ids of all videos together.
std::vector<Evaluation::Figure> figures_of(const TrackConsistency& counts);
/// And of one: the columns, and their values.
std::vector<Evaluation::Column> consistency_columns();
std::vector<double> values_of(const TrackConsistency& counts);

}  // namespace vcl
