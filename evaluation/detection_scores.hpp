// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

/// Average precision and recall as COCO defines them, for masks on images and for tracks in videos alike: what differs
/// is how IoUs and areas are taken.
namespace vcl {

/// Results of a scene beyond these do not count.
inline constexpr std::size_t kMostResults = 100;

/// One image or one video.
struct Scene {
  struct Truth {
    double area = 0;
    bool crowd = false;  ///< may be found many times and does not count, nor does what finds it
  };
  struct Result {
    double score = 0, area = 0;
  };
  std::vector<Truth> truths;
  std::vector<Result> results;           ///< best first
  std::vector<std::vector<double>> iou;  ///< [results][truths]
};

struct AreaRange {
  double least = 0, most = 1e10;  ///< both inside
  bool has(double area) const { return least <= area && area <= most; }
};

inline constexpr std::size_t kIouThresholds = 10;      ///< 0.50, 0.55 .. 0.95
inline constexpr std::size_t kRecallThresholds = 101;  ///< 0, 0.01 .. 1

/// Precision against recall at one IoU threshold.
struct PrecisionCurve {
  std::array<double, kRecallThresholds> precision{};  ///< 0 where that recall is not reached
  std::array<double, kRecallThresholds> score{};      ///< of the result that reaches the recall
  double recall = 0;                                  ///< of all results
};
using PrecisionCurves = std::array<PrecisionCurve, kIouThresholds>;

/// The results of all scenes together, ranked by score, the `most` best of each scene. None where no truth counts. Of
/// equal scores the earlier scene and result come first; of equal IoUs the later truth is taken.
std::optional<PrecisionCurves> precision_curves(const std::vector<Scene>& scenes, const AreaRange& range,
                                                std::size_t most = kMostResults);

/// From 0 to 1; -1 where there is no truth to find. Over all IoU thresholds and, where no number says otherwise, the
/// 100 best results of each scene.
struct DetectionScores {
  double ap = -1, ap50 = -1, ap75 = -1;
  double ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1;
  double ar_small = -1, ar_medium = -1, ar_large = -1;
};

/// Areas up to `small` are small, from there to `medium` medium, from there on large; the bounds are in both.
DetectionScores detection_scores(const std::vector<Scene>& scenes, double small, double medium);

}  // namespace vcl
