// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "training/clips/camera.hpp"
#include "training/clips/sprite.hpp"

namespace vcl::train {

/// The swing of a part of a thing about a joint. Lengths are in sprite pixels and times in frames.
struct Swing {
  double x = 0, y = 0;              ///< position of the joint
  double along_x = 1, along_y = 0;  ///< direction from the joint to the part
  double softness = 1;              ///< length over which it bends
  double most = 0, rate = 1, phase = 0;

  /// Returns the angle of the part in radians, beyond the softness of the joint.
  double angle(double time) const { return most * std::sin(rate * time + phase); }
};

/// A thing in front of the scene, moving or not.
struct Thing {
  enum class Role {
    Mover,  ///< moves on its own
    Still,  ///< lies in the scene
    Near,   ///< part of the scene, so near that camera motion shifts it more
  };

  Role role = Role::Mover;
  Sprite sprite;
  std::uint8_t label = 0;  ///< of its pixels: an object number, kUnlabelled, or 0 for the scene
  double x = 0, y = 0;     ///< its center in the scene at time 0
  double nearness = 1;     ///< its shift relative to the scene's when the camera shifts
  double speed_x = 0, speed_y = 0, spin = 0, growth = 0;  ///< own motion per frame, in addition to the scene's
  Field bend;                                             ///< bending over the sprite: sprite pixels per frame
  Swing swing;
  double from = -std::numeric_limits<double>::infinity(), until = -from;  ///< stands still before and after these times
  double shadow = 0;                                                      ///< share of the scene's light that it takes
  double slant = 0, flatness = 1;  ///< shear and vertical scale of the shadow about the foot

  /// Returns the time that determines its own motion.
  double clock(double time) const { return std::clamp(time, from, until); }
  /// Returns whether it moves on its own between a frame and one of its neighbors.
  bool moves(double time, std::span<const int> neighbours) const;
  /// Returns the map from sprite to picture, without bending and swinging.
  Affine place(const Camera& camera, double time) const;
  /// Returns the point of the sprite that is visible at (at_x, at_y) of it after bending and swinging.
  Vector source(double at_x, double at_y, double time) const;
  /// Returns how many pixels it may extend beyond the sprite.
  double reach(double time) const;
};

}  // namespace vcl::train
