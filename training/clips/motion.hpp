// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "support/random.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// How something moves on from frame to frame: the middle by (x, y), in pixels of what the motion is of; the size to
/// e^growth of it; the angle by `spin` radians.
struct Speed {
  double x = 0, y = 0, growth = 0, spin = 0;
};

/// A second-order path: after each frame `change` is added to `speed`.
struct Motion {
  Speed speed, change;

  /// What has been gone at a frame, counted from 0.
  Speed at(int frame) const;
};

/// Speeds with standard deviations `spread`, which change by `curve` times as much within `frames` frames. Draws
/// nothing for a curve of 0 or a clip without a second step.
void bend(Motion& motion, const Speed& spread, double curve, int frames, Random& random);

/// An object's way out of the picture, into it, or out and back: `away(t)` grows with the distance from its path, in
/// one direction; in hidden frames it is large enough that nothing is seen.
struct Excursion {
  enum class Kind { Stay, Enter, Leave, Return };

  Kind kind = Kind::Stay;
  int frames = 1;
  int first_hidden = 0, last_hidden = -1;
  int x = 0, y = 0;  ///< direction, towards a border: one is -1 or 1, the other 0

  /// Clips of one frame stay as they are, and of two frames nothing returns.
  static Excursion draw(int frames, Random& random);

  /// 0 on the path; linear in time, or a parabola for what returns.
  double away(int frame) const;
  /// A frame in which the object is on its path.
  int shown() const { return kind == Kind::Enter ? frames - 1 : 0; }
  /// Moves the maps so that in hidden frames nothing of `box` (photo pixels) is in the content, nor `margin` beside it.
  void apply(std::vector<Affine>& maps, const Box& box, Size content, int margin) const;
};

}  // namespace vcl::train
