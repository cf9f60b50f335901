// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/eval/coco_eval.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>

namespace vcl {
namespace {

constexpr std::size_t kThresholds = 10, kRecalls = 101, kMostResults = 100;

// As NumPy's linspace rounds them: an IoU on a threshold must fall on the same side.
double iou_threshold(std::size_t i) {
  return i + 1 == kThresholds ? 0.95 : 0.5 + double(i) * ((0.95 - 0.5) / double(kThresholds - 1));
}

double recall_threshold(std::size_t i) {
  return i + 1 == kRecalls ? 1 : double(i) * 0.01;
}

struct AreaRange {
  double least, most;
  bool has(double area) const { return least <= area && area <= most; }
};
constexpr double kAnyArea = 1e10;
constexpr AreaRange kAll{0, kAnyArea}, kSmall{0, 32 * 32}, kMedium{32 * 32, 96 * 96}, kLarge{96 * 96, kAnyArea};

/// Truths and results of one image, the best result first, with all their IoUs.
struct Image {
  std::vector<const CocoTruth*> truths;
  std::vector<const CocoResult*> results;
  std::vector<std::vector<double>> iou;  ///< [results][truths]
};

/// What became of one result at one IoU threshold.
struct Outcome {
  double score;
  bool hit, ignored;
};

std::vector<Image> images_of(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results) {
  std::map<std::int64_t, Image> by_id;
  for (const CocoTruth& truth : truths) by_id[truth.image].truths.push_back(&truth);
  for (const CocoResult& result : results) by_id[result.image].results.push_back(&result);
  std::vector<Image> images;
  for (auto& [id, image] : by_id) {
    std::ranges::stable_sort(image.results, std::greater(), &CocoResult::score);
    if (image.results.size() > kMostResults) image.results.resize(kMostResults);
    for (const CocoResult* result : image.results) {
      std::vector<double>& row = image.iou.emplace_back();
      for (const CocoTruth* truth : image.truths) row.push_back(rle_iou(result->mask, truth->mask, truth->crowd));
    }
    images.push_back(std::move(image));
  }
  return images;
}

/// The truth for a result: the free one of the best IoU, one that counts before those that are ignored.
std::optional<std::size_t> match(const Image& image, const std::vector<double>& iou, const std::vector<bool>& ignored,
                                 const std::vector<bool>& taken, double threshold) {
  for (const bool among_ignored : {false, true}) {
    std::optional<std::size_t> best;
    double highest = std::min(threshold, 1 - 1e-10);
    for (std::size_t g = 0; g < iou.size(); ++g) {
      if (ignored[g] != among_ignored || (taken[g] && !image.truths[g]->crowd) || iou[g] < highest) continue;
      best = g;
      highest = iou[g];
    }
    if (best) return best;
  }
  return {};
}

std::vector<bool> ignored_truths(const Image& image, const AreaRange& range) {
  std::vector<bool> ignored;
  for (const CocoTruth* truth : image.truths) ignored.push_back(truth->crowd || !range.has(truth->area));
  return ignored;
}

void judge(const Image& image, const AreaRange& range, double threshold, std::size_t most,
           std::vector<Outcome>& outcomes) {
  const std::vector<bool> ignored = ignored_truths(image, range);
  std::vector<bool> taken(ignored.size());
  for (std::size_t d = 0; d < std::min(most, image.results.size()); ++d) {
    const CocoResult& result = *image.results[d];
    const auto found = match(image, image.iou[d], ignored, taken, threshold);
    if (found) taken[*found] = true;
    outcomes.push_back(
        {result.score, found.has_value(), found ? ignored[*found] : !range.has(double(rle_area(result.mask)))});
  }
}

struct Curve {
  double precision = 0;  ///< mean over the recall thresholds
  double recall = 0;     ///< of all results
};

Curve curve_of(std::vector<Outcome> outcomes, double truths) {
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
  Curve curve;
  curve.recall = recall.empty() ? 0 : recall.back();
  for (std::size_t r = 0; r < kRecalls; ++r) {
    const auto reached = std::ranges::lower_bound(recall, recall_threshold(r)) - recall.begin();
    if (std::size_t(reached) < precision.size()) curve.precision += precision[std::size_t(reached)] / kRecalls;
  }
  return curve;
}

/// At every IoU threshold; none where there is no truth.
std::optional<std::array<Curve, kThresholds>> curves(const std::vector<Image>& images, const AreaRange& range,
                                                     std::size_t most = kMostResults) {
  std::ptrdiff_t truths = 0;
  for (const Image& image : images) truths += std::ranges::count(ignored_truths(image, range), false);
  if (truths == 0) return {};
  std::array<Curve, kThresholds> all;
  for (std::size_t t = 0; t < kThresholds; ++t) {
    std::vector<Outcome> outcomes;
    for (const Image& image : images) judge(image, range, iou_threshold(t), most, outcomes);
    all[t] = curve_of(std::move(outcomes), double(truths));
  }
  return all;
}

double mean(const std::array<Curve, kThresholds>& all, double Curve::*what) {
  double sum = 0;
  for (const Curve& curve : all) sum += curve.*what;
  return sum / kThresholds;
}

}  // namespace

CocoScores coco_scores(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results) {
  const std::vector<Image> images = images_of(truths, results);
  CocoScores scores;
  const auto of_range = [&](const AreaRange& range, double& ap, double& ar) {
    const auto all = curves(images, range);
    if (!all) return;
    ap = mean(*all, &Curve::precision);
    ar = mean(*all, &Curve::recall);
  };
  of_range(kSmall, scores.ap_small, scores.ar_small);
  of_range(kMedium, scores.ap_medium, scores.ar_medium);
  of_range(kLarge, scores.ap_large, scores.ar_large);
  const auto all = curves(images, kAll);
  if (!all) return scores;
  scores.ap = mean(*all, &Curve::precision);
  scores.ap50 = (*all)[0].precision;
  scores.ap75 = (*all)[5].precision;
  scores.ar100 = mean(*all, &Curve::recall);
  scores.ar1 = mean(*curves(images, kAll, 1), &Curve::recall);
  scores.ar10 = mean(*curves(images, kAll, 10), &Curve::recall);
  return scores;
}

}  // namespace vcl
