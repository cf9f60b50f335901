// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "evaluation/detection_scores.hpp"
#include "vcl/mask.hpp"

/// Class-agnostic average precision and recall of masks on images, by COCO's definition (method.md 7.1,
/// tests/golden/data/coco-eval).
namespace vcl {

struct CocoTruth {
  std::int64_t image = 0;
  Rle mask;
  double area = 0;  ///< as annotated; may differ from that of the mask
  bool crowd = false;
};

struct CocoResult {
  std::int64_t image = 0;
  Rle mask;
  double score = 0;
};

/// Returns the scenes by image id. The order of `truths` and `results` breaks ties. Keeps the 100 results with the
/// highest scores per image. Throws Error(Invalid) if masks of one image differ in size.
std::map<std::int64_t, Scene> coco_scenes(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results);

/// Areas up to 32^2 pixels are small, up to 96^2 medium.
inline constexpr double kCocoSmall = 32 * 32, kCocoMedium = 96 * 96;

/// Returns the twelve scores over all images.
DetectionScores coco_scores(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results);

}  // namespace vcl
