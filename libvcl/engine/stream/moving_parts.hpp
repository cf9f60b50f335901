// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace vcl {

/// What a network with motion says moves, cell by cell, in T frames. All on the CPU.
class MovingParts {
 public:
  MovingParts() = default;
  /// Of each frame the probability that its cells move, float [h, w]; undefined where nobody knows. NaN does not move.
  explicit MovingParts(const std::vector<at::Tensor>& moves);

  /// Parts that hang together in space and from frame to frame, bool [n, T, h, w], the largest first; undefined where
  /// nothing is known to move.
  const at::Tensor& masks() const { return masks_; }
  /// Whether any frame's motion is known.
  bool known() const { return logits_.defined(); }

  /// IoU of these masks, bool [Q, T, h, w], with each part, over all frames whose motion is known: [Q, n],
  /// n = 0 where nothing is known to move; undefined where no frame's motion is known.
  at::Tensor overlap(const at::Tensor& masks) const;
  /// The query that explains each part, [n]: the one whose mask overlaps it the most; -1 where none does well. Of the
  /// overlap() of their masks.
  static std::vector<int> explained_by(const at::Tensor& overlap);
  /// What moves and what does not joins the masks of the queries that explain a part: [Q, T, h, w], in place. Frames
  /// whose motion nobody knows stay as they are.
  void join(at::Tensor& logits, const std::vector<int>& explained_by) const;

 private:
  at::Tensor logits_;        ///< [T, h, w]: of the probability
  at::Tensor known_frames_;  ///< [T, 1, 1]: 1 where the motion is known, else 0
  at::Tensor masks_;
};

}  // namespace vcl
