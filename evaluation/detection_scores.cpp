// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/detection_scores.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace vcl {
namespace {

// Rounded like NumPy's linspace, so that an IoU at a threshold falls on the same side.
double iou_threshold(std::size_t i) {
  return i + 1 == kIouThresholds ? 0.95 : 0.5 + double(i) * ((0.95 - 0.5) / double(kIouThresholds - 1));
}

double recall_threshold(std::size_t i) {
  return i + 1 == kRecallThresholds ? 1 : double(i) * 0.01;
}

/// The outcome of one result at one IoU threshold.
struct Outcome {
  double score;
  bool hit, ignored;
};

/// Returns the truth for a result: the unmatched one with the highest IoU. Truths that count take precedence over
/// ignored ones.
std::optional<std::size_t> match(const Scene& scene, const std::vector<double>& iou, const std::vector<bool>& ignored,
                                 const std::vector<bool>& taken, double threshold) {
  for (const bool among_ignored : {false, true}) {
    std::optional<std::size_t> best;
    double highest = std::min(threshold, 1 - 1e-10);
    for (std::size_t g = 0; g < iou.size(); ++g) {
      if (ignored[g] != among_ignored || (taken[g] && !scene.truths[g].crowd) || iou[g] < highest) continue;
      best = g;
      highest = iou[g];
    }
    if (best) return best;
  }
  return {};
}

std::vector<bool> ignored_truths(const Scene& scene, const AreaRange& range) {
  std::vector<bool> ignored;
  for (const Scene::Truth& truth : scene.truths) ignored.push_back(truth.crowd || !range.has(truth.area));
  return ignored;
}

void judge(const Scene& scene, const AreaRange& range, double threshold, std::size_t most,
           std::vector<Outcome>& outcomes) {
  const std::vector<bool> ignored = ignored_truths(scene, range);
  std::vector<bool> taken(ignored.size());
  for (std::size_t d = 0; d < std::min(most, scene.results.size()); ++d) {
    const Scene::Result& result = scene.results[d];
    const auto found = match(scene, scene.iou[d], ignored, taken, threshold);
    if (found) taken[*found] = true;
    outcomes.push_back({result.score, found.has_value(), found ? ignored[*found] : !range.has(result.area)});
  }
}

PrecisionCurve curve_of(std::vector<Outcome> outcomes, double truths) {
  std::ranges::stable_sort(outcomes, std::greater(), &Outcome::score);
  std::vector<double> precision, recall;
  double hits = 0, count = 0;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.ignored) {
      hits += outcome.hit;
      ++count;
    }
    recall.push_back(hits / truths);
    precision.push_back(hits / (count + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  PrecisionCurve curve;
  curve.recall = recall.empty() ? 0 : recall.back();
  for (std::size_t r = 0; r < kRecallThresholds; ++r) {
    const auto reached = std::size_t(std::ranges::lower_bound(recall, recall_threshold(r)) - recall.begin());
    if (reached == precision.size()) break;
    curve.precision[r] = precision[reached];
    curve.score[r] = outcomes[reached].score;
  }
  return curve;
}

double average_precision(const PrecisionCurve& curve) {
  double sum = 0;
  for (const double precision : curve.precision) sum += precision;
  return sum / kRecallThresholds;
}

double average_precision(const PrecisionCurves& curves) {
  double sum = 0;
  for (const PrecisionCurve& curve : curves) sum += average_precision(curve);
  return sum / kIouThresholds;
}

double average_recall(const PrecisionCurves& curves) {
  double sum = 0;
  for (const PrecisionCurve& curve : curves) sum += curve.recall;
  return sum / kIouThresholds;
}

}  // namespace

std::optional<PrecisionCurves> precision_curves(const std::vector<Scene>& scenes, const AreaRange& range,
                                                std::size_t most) {
  std::ptrdiff_t truths = 0;
  for (const Scene& scene : scenes) truths += std::ranges::count(ignored_truths(scene, range), false);
  if (truths == 0) return {};
  PrecisionCurves curves;
  for (std::size_t t = 0; t < kIouThresholds; ++t) {
    std::vector<Outcome> outcomes;
    for (const Scene& scene : scenes) judge(scene, range, iou_threshold(t), std::min(most, kMostResults), outcomes);
    curves[t] = curve_of(std::move(outcomes), double(truths));
  }
  return curves;
}

DetectionScores detection_scores(const std::vector<Scene>& scenes, double small, double medium) {
  DetectionScores scores;
  const auto of_range = [&](const AreaRange& range, double& ap, double& ar) {
    const auto curves = precision_curves(scenes, range);
    if (!curves) return;
    ap = average_precision(*curves);
    ar = average_recall(*curves);
  };
  of_range({0, small}, scores.ap_small, scores.ar_small);
  of_range({small, medium}, scores.ap_medium, scores.ar_medium);
  of_range({medium, AreaRange().most}, scores.ap_large, scores.ar_large);
  of_range({}, scores.ap, scores.ar100);
  const auto curves = precision_curves(scenes, {});
  if (!curves) return scores;
  scores.ap50 = average_precision((*curves)[0]);
  scores.ap75 = average_precision((*curves)[5]);
  scores.ar1 = average_recall(*precision_curves(scenes, {}, 1));
  scores.ar10 = average_recall(*precision_curves(scenes, {}, 10));
  return scores;
}

}  // namespace vcl
