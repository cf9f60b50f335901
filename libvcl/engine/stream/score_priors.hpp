// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// Priors on how the masks of objects look, gathered over the frames of a clip:
/// - Border. The score is multiplied by exp(-b^2 / 2), where b is the boundary connectivity (Zhu et al. 2014), border
///   cells / sqrt(area). The factor is averaged over the frames. The cell of a corner counts twice.
/// - Size. The score is multiplied by min(1, share / typical)^(1/4), where share is the mask's share of the frames. Of
///   two masks with equal scores the larger one is more often the object that people mean, and the smaller one a detail
///   of the background.
/// - Motion. With c = the square of the mean motion_contrast(), limited to 1/2..8, the score s becomes 1 - (1 - s)^c,
///   as if c observations had found the object instead of one.
/// - Moving parts, for a network that predicts what moves. The formula is the same. With p the IoU of the mask with the
///   moving part that it overlaps the most, and m the largest p of all masks, c = 1 - m + m min(max(4 p^2, 1/2), 3). If
///   nothing moves (m = 0), scores do not change.
class ScorePriors {
 public:
  /// `border`: use the border prior. `typical_share`: of the size prior; 0: do not use it.
  ScorePriors(bool border, double typical_share) : border_(border), typical_share_(typical_share) {}

  /// Adds the masks in more frames: bool [Q, T, h, w]. Optional, for all calls or none: the motion contrast of their
  /// cells, float [T, h, w], and their overlap [Q, n] with the moving parts (MovingParts::overlap).
  void add(const at::Tensor& masks, const at::Tensor& contrast = {}, const at::Tensor& moving = {});
  /// Returns the scores [Q], changed by all priors.
  at::Tensor weigh(const at::Tensor& scores) const;

 private:
  const bool border_;
  const double typical_share_;
  at::Tensor interior_, share_;      // [Q] sums over the frames
  at::Tensor contrast_, contrasts_;  // [Q] sums over the frames that contain the mask, and the number of these frames
  at::Tensor moving_, known_;        // the same for the IoU with moving parts
  std::int64_t frames_ = 0;
};

}  // namespace vcl
