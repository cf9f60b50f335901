// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/field.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// How a camera moves before a scene, and what it makes of it. Lengths are content pixels; the scene's points are where
/// the camera sees them at time 0; times are frames.
struct Camera {
  Size content;
  double shift_x = 0, shift_y = 0;                 ///< of the picture, in a frame
  double turn = 0, growth = 0;                     ///< radians, and logarithm of the zoom, in a frame
  double sway = 0, sway_rate = 1, sway_phase = 0;  ///< a hand's: pixels, radians in a frame
  Field depth;          ///< x: what is added to 1, the share of the shift that a place takes part in
  double ground = 0;    ///< the same, growing from the middle row to the last by half of this
  double shutter = 0;   ///< frames from the first row to the last: a rolling shutter
  double exposure = 0;  ///< frames over which the shift blurs the scene

  static Camera draw(Size content, double pace, Random& random);

  /// How far the picture has shifted since time 0.
  Vector shift(double time) const;
  /// Scene to picture, without parallax.
  Affine view(double time) const;
  /// The share of the shift, less or more than all of it, by which parallax moves a place of the scene.
  float parallax(double x, double y) const;
  /// When the row of a frame is taken.
  double row_time(double time, double y) const { return time + shutter * (y / content.height - 0.5); }
  double speed() const;
};

}  // namespace vcl::train
