// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

/// A photo's label after a round of self-training: CutLER's rule (method.md 3), for masks that do not overlap.
namespace vcl::train {

struct ScoredMask {
  Mask mask;
  float score = 0;
};

/// What a label file says of a photo.
struct PresentLabel {
  const std::uint8_t* ids = nullptr;  ///< [height, width]: instance 1, 2, ..., 0 background; null: no label
  float weight = 0;                   ///< 0: not to be used
};

/// How many instances there are to keep.
int count_instances(const PresentLabel& label, Size size);

struct RefinedLabel {
  std::vector<Mask> instances;  ///< disjoint: the predicted ones, best first, then the present ones, by number
  int predicted = 0;
  float weight = 0;  ///< the best score, or the present weight where nothing is predicted
};

/// Predictions of score `least_score` or more that are objects of their own (IoU of at most 1/2 with a better one), and
/// present instances that none of them covers (IoU below 1/2 with each). A pixel belongs to the first mask that has
/// it. Predictions are made whole (largest part, small holes filled), those of more than 80 % of the photo are left
/// out, and so is every mask of which less than 1 % of the photo is left.
RefinedLabel refine_label(std::vector<ScoredMask> predictions, const PresentLabel& present, Size size,
                          float least_score);

}  // namespace vcl::train
