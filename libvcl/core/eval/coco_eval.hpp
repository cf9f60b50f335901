// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "core/eval/detection_scores.hpp"
#include "vcl/mask.hpp"

/// Class-agnostic average precision and recall of masks on images, COCO's definition (golden/coco-eval).
namespace vcl {

struct CocoTruth {
  std::int64_t image = 0;
  Rle mask;
  double area = 0;  ///< as annotated; need not be that of the mask
  bool crowd = false;
};

struct CocoResult {
  std::int64_t image = 0;
  Rle mask;
  double score = 0;
};

/// Areas up to 32^2 pixels are small, up to 96^2 medium. Of equal scores the earlier result comes first; of equal IoUs
/// the later truth is taken. Throws Error(Invalid) when masks of one image differ in size.
DetectionScores coco_scores(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results);

}  // namespace vcl
