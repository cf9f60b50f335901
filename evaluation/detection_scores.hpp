// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

/// Average precision and recall as COCO defines them, for masks on images and for tracks in videos. The two differ only
/// in how IoUs and areas are computed.
namespace vcl {

/// Maximum number of results per scene that count.
inline constexpr std::size_t kMostResults = 100;

/// One image or one video.
struct Scene {
  struct Truth {
    double area = 0;
    bool crowd = false;  ///< may be matched many times; it and its matches are ignored
  };
  struct Result {
    double score = 0, area = 0;
  };
  std::vector<Truth> truths;
  std::vector<Result> results;           ///< best first
  std::vector<std::vector<double>> iou;  ///< [results][truths]
};

struct AreaRange {
  double least = 0, most = 1e10;  ///< both inclusive
  bool has(double area) const { return least <= area && area <= most; }
};

inline constexpr std::size_t kIouThresholds = 10;      ///< 0.50, 0.55 .. 0.95
inline constexpr std::size_t kRecallThresholds = 101;  ///< 0, 0.01 .. 1

/// The precision-recall curve at one IoU threshold.
struct PrecisionCurve {
  std::array<double, kRecallThresholds> precision{};  ///< 0 if that recall is not reached
  std::array<double, kRecallThresholds> score{};      ///< of the result that reaches the recall
  double recall = 0;                                  ///< over all results
};
using PrecisionCurves = std::array<PrecisionCurve, kIouThresholds>;

/// Ranks the results of all scenes by score, with the `most` best of each scene. Returns nullopt if no truth counts. At
/// equal scores the earlier scene and result come first; at equal IoUs the later truth is matched.
std::optional<PrecisionCurves> precision_curves(const std::vector<Scene>& scenes, const AreaRange& range,
                                                std::size_t most = kMostResults);

/// Scores from 0 to 1, or -1 if there is no truth to find. They cover all IoU thresholds and the 100 best results per
/// scene, unless the name has another number.
struct DetectionScores {
  double ap = -1, ap50 = -1, ap75 = -1;
  double ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1;
  double ar_small = -1, ar_medium = -1, ar_large = -1;
};

/// Areas up to `small` are small, those up to `medium` are medium, larger ones are large. A bound belongs to both
/// ranges.
DetectionScores detection_scores(const std::vector<Scene>& scenes, double small, double medium);

}  // namespace vcl
