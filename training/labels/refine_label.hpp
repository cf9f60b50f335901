// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

/// The label of a photo after a round of self-training: CutLER's rule (method.md 3) for disjoint masks.
namespace vcl::train {

struct ScoredMask {
  Mask mask;
  float score = 0;
};

/// The label of a photo in a label file.
struct PresentLabel {
  const std::uint8_t* ids = nullptr;  ///< [height, width]: instance 1, 2, ..., 0 background; null: no label
  float weight = 0;                   ///< 0: not used
};

/// Returns the number of instances in a present label.
int count_instances(const PresentLabel& label, Size size);

struct RefinedLabel {
  std::vector<Mask> instances;  ///< disjoint: the predicted ones, best first, then the present ones in order of their
                                ///< numbers
  int predicted = 0;
  float weight = 0;  ///< the best score, or the present weight if nothing is predicted
};

/// Combines predictions and the present label. Kept predictions have a score of at least `least_score` and an IoU of at
/// most 1/2 with each better one. Kept present instances have an IoU below 1/2 with each kept prediction. A pixel
/// belongs to the first mask that contains it. Predictions are reduced to their largest part, with small holes filled;
/// those of more than 80 % of the photo are dropped. Masks with less than 1 % of the photo left are dropped too.
RefinedLabel refine_label(std::vector<ScoredMask> predictions, const PresentLabel& present, Size size,
                          float least_score);

}  // namespace vcl::train
