// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// What masks look like when they are objects: factors of their scores, 0 to 1, gathered over the frames of a clip.
/// - How little of the mask lies along the border of the frame, as boundary connectivity (Zhu et al. 2014):
///   exp(-b^2 / 2), b = border cells / sqrt(area), mean over the frames. A corner's cell counts twice.
/// - min(1, share / typical)^(1/4) of the mask's share of the frames: of masks that are scored alike the larger is more
///   often the object that people mean, the smaller a detail of the background.
class ScorePriors {
 public:
  /// Whether the border counts; the typical share, 0: size does not.
  ScorePriors(bool border, double typical_share) : border_(border), typical_share_(typical_share) {}

  bool any() const { return border_ || typical_share_ > 0; }
  /// The masks in more frames: bool [Q, T, h, w].
  void add(const at::Tensor& masks);
  /// Factors of the scores, [Q].
  at::Tensor factors() const;

 private:
  const bool border_;
  const double typical_share_;
  at::Tensor interior_, share_;  // [Q] sums over the frames
  std::int64_t frames_ = 0;
};

}  // namespace vcl
