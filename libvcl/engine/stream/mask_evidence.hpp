// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// What the shapes of masks say of their scores, gathered over the frames of a clip.
class MaskEvidence {
 public:
  /// Which evidence counts, as SegmentationModel says.
  MaskEvidence(bool border_prior, double typical_share) : border_prior_(border_prior), typical_share_(typical_share) {}

  bool counts() const { return border_prior_ || typical_share_ > 0; }
  /// The masks in more frames: bool [Q, T, h, w].
  void add(const at::Tensor& masks);
  /// Factors of the scores, [Q].
  at::Tensor factors() const;

 private:
  const bool border_prior_;
  const double typical_share_;
  at::Tensor interior_, share_;  // [Q] sums over the frames
  std::int64_t frames_ = 0;
};

}  // namespace vcl
