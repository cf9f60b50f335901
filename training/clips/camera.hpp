// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/field.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// The motion of a camera in front of a scene. Lengths are in content pixels and times in frames. The coordinates of a
/// scene point are its position in the picture at time 0.
struct Camera {
  Size content;
  double shift_x = 0, shift_y = 0;                 ///< shift of the picture per frame
  double turn = 0, growth = 0;                     ///< per frame: rotation in radians, logarithm of the zoom
  double sway = 0, sway_rate = 1, sway_phase = 0;  ///< hand shake: pixels, radians per frame, radians
  Field depth;          ///< the x entry: share of the shift that is added at a place (parallax)
  double ground = 0;    ///< more parallax: from -ground / 2 in the top row to ground / 2 in the bottom row
  double shutter = 0;   ///< rolling shutter: frames between the first row and the last
  double exposure = 0;  ///< motion blur: frames over which the shift blurs the scene

  static Camera draw(Size content, double pace, Random& random);

  /// Returns the shift of the picture since time 0.
  Vector shift(double time) const;
  /// Returns the map from scene to picture, without parallax.
  Affine view(double time) const;
  /// Returns the share of the shift that parallax adds at a place of the scene. It may be negative.
  float parallax(double x, double y) const;
  /// Returns the time at which the row of a frame is taken.
  double row_time(double time, double y) const { return time + shutter * (y / content.height - 0.5); }
  double speed() const;
};

}  // namespace vcl::train
