// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "support/random.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// A speed per frame. (x, y) moves the center, in pixels of whatever moves. The size is multiplied by e^growth, and
/// `spin` radians are added to the angle.
struct Speed {
  double x = 0, y = 0, growth = 0, spin = 0;
};

/// A second-order path: `change` is added to `speed` after each frame.
struct Motion {
  Speed speed, change;

  /// Returns the total displacement at a frame, counted from 0.
  Speed at(int frame) const;
};

/// Draws the `change` of a motion. Its standard deviation over `frames` frames is `curve` times `spread`, the standard
/// deviation of speeds. Draws nothing if `curve` is 0 or there are fewer than three frames.
void bend(Motion& motion, const Speed& spread, double curve, int frames, Random& random);

/// An object's way out of the picture, into it, or out and back. `away(t)` grows with the distance from the object's
/// path, in one direction. In hidden frames the object is outside of the content.
struct Excursion {
  enum class Kind { Stay, Enter, Leave, Return };

  Kind kind = Kind::Stay;
  int frames = 1;
  int first_hidden = 0, last_hidden = -1;
  int x = 0, y = 0;  ///< direction towards a border: one is -1 or 1, the other 0

  /// Draws a kind at random. A clip of one frame stays as it is; in a clip of two frames nothing returns.
  static Excursion draw(int frames, Random& random);

  /// Returns 0 on the path. It is linear in time, or a parabola for Return.
  double away(int frame) const;
  /// Returns a frame in which the object is on its path.
  int shown() const { return kind == Kind::Enter ? frames - 1 : 0; }
  /// Moves the maps so that in hidden frames `box` (photo pixels) lies outside of the content, at least `margin` pixels
  /// away.
  void apply(std::vector<Affine>& maps, const Box& box, Size content, int margin) const;
};

}  // namespace vcl::train
