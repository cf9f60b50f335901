// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

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

/// From 0 to 1; -1 where there is no ground truth to find. Over the IoU thresholds 0.50, 0.55 .. 0.95 and, where no
/// number says otherwise, the 100 best results of each image.
struct CocoScores {
  double ap = -1, ap50 = -1, ap75 = -1;
  double ap_small = -1, ap_medium = -1, ap_large = -1;  ///< areas up to 32^2, up to 96^2, above (bounds in both)
  double ar1 = -1, ar10 = -1, ar100 = -1;
  double ar_small = -1, ar_medium = -1, ar_large = -1;
};

/// Of equal scores the earlier result comes first; of equal IoUs the later truth is taken. Throws Error(Invalid) when
/// masks of one image differ in size.
CocoScores coco_scores(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results);

}  // namespace vcl
