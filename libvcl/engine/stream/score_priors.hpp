// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// What masks look like when they are objects, gathered over the frames of a clip.
/// - How little of the mask lies along the border of the frame, as boundary connectivity (Zhu et al. 2014): the score
///   is multiplied by exp(-b^2 / 2), b = border cells / sqrt(area), mean over the frames. A corner's cell counts twice.
/// - Its share of the frames: the score is multiplied by min(1, share / typical)^(1/4). Of masks that are scored alike
///   the larger is more often the object that people mean, the smaller a detail of the background.
/// - How much it moves for itself: with c the square of its mean motion_contrast(), between 1/2 and 8, the score s
///   becomes 1 - (1 - s)^c, as if c looks had found it, not one.
/// - The same for a network that says itself what moves: with p the IoU of the mask with the part of what moves that it
///   overlaps the most, and m the largest p of all masks, c = 1 - m + m min(max(4 p^2, 1/2), 3). Where nothing moves
///   (m = 0) nothing changes.
class ScorePriors {
 public:
  /// Whether the border counts; the typical share, 0: size does not.
  ScorePriors(bool border, double typical_share) : border_(border), typical_share_(typical_share) {}

  /// The masks in more frames: bool [Q, T, h, w]; of all frames or none, the motion contrast of their cells: float
  /// [T, h, w]; and their overlap [Q, n] with what moves in them, as of MovingParts.
  void add(const at::Tensor& masks, const at::Tensor& contrast = {}, const at::Tensor& moving = {});
  /// Scores [Q] with all that was gathered.
  at::Tensor weigh(const at::Tensor& scores) const;

 private:
  const bool border_;
  const double typical_share_;
  at::Tensor interior_, share_;      // [Q] sums over the frames
  at::Tensor contrast_, contrasts_;  // [Q] sums over the frames in which the mask is, and how many these are
  at::Tensor moving_, known_;        // the same of the IoU with what moves
  std::int64_t frames_ = 0;
};

}  // namespace vcl
