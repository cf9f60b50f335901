// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace vcl {

/// The parts that move by themselves in T frames, cell by cell, according to a network with motion. All tensors are on
/// the CPU.
class MovingParts {
 public:
  MovingParts() = default;
  /// `moves`: for each frame the probability of its cells to move, float [h, w], or undefined if unknown. NaN counts as
  /// not moving.
  explicit MovingParts(const std::vector<at::Tensor>& moves);

  /// Returns the parts that are connected in space and from frame to frame, bool [n, T, h, w], largest first. Undefined
  /// if nothing is known to move.
  const at::Tensor& masks() const { return masks_; }
  /// Returns whether the motion of any frame is known.
  bool known() const { return logits_.defined(); }

  /// Returns the IoU of these masks, bool [Q, T, h, w], with each part, over all frames with known motion: [Q, n]. n is
  /// 0 if nothing is known to move. Undefined if no frame has known motion.
  at::Tensor overlap(const at::Tensor& masks) const;
  /// Returns the query that explains each part, [n]: the one with the largest overlap(), or -1 if that overlap is too
  /// small.
  static std::vector<int> explained_by(const at::Tensor& overlap);
  /// Adds the logits of moving cells to the masks of the queries that explain a part: [Q, T, h, w], in place. Frames
  /// with unknown motion do not change.
  void join(at::Tensor& logits, const std::vector<int>& explained_by) const;

 private:
  at::Tensor logits_;        ///< [T, h, w]: of the probability to move
  at::Tensor known_frames_;  ///< [T, 1, 1]: 1 if the motion is known, otherwise 0
  at::Tensor masks_;
};

}  // namespace vcl
