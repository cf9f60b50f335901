// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "training/clips/camera.hpp"
#include "training/clips/sprite.hpp"

namespace vcl::train {

/// How a part of a thing swings about a joint. Pixels are the sprite's, times frames.
struct Swing {
  double x = 0, y = 0;              ///< the joint
  double along_x = 1, along_y = 0;  ///< where the part lies
  double softness = 1;              ///< pixels over which it bends
  double most = 0, rate = 1, phase = 0;

  /// Radians, beyond the joint's softness.
  double angle(double time) const { return most * std::sin(rate * time + phase); }
};

/// What lies or moves before the scene.
struct Thing {
  enum class Role {
    Mover,  ///< moves for itself
    Still,  ///< lies in the scene
    Near,   ///< a part of the scene so near that the camera moves it faster
  };

  Role role = Role::Mover;
  Sprite sprite;
  std::uint8_t label = 0;  ///< of its pixels: an object's number, kUnlabelled, or 0: the scene's
  double x = 0, y = 0;     ///< its middle in the scene at time 0
  double nearness = 1;     ///< how many times as far as the scene it goes when the camera shifts
  double speed_x = 0, speed_y = 0, spin = 0, growth = 0;  ///< beyond the scene's, in a frame
  Field bend;                                             ///< over the sprite: its pixels, in a frame
  Swing swing;
  double from = -std::numeric_limits<double>::infinity(), until = -from;  ///< before and after it stands
  double shadow = 0;                                                      ///< how much light it takes from the scene
  double slant = 0, flatness = 1;  ///< of the shadow, as the thing's outline stands on its foot

  /// The time for all that it does itself.
  double clock(double time) const { return std::clamp(time, from, until); }
  /// Whether it moves for itself between a frame and one of these.
  bool moves(double time, std::span<const int> neighbours) const;
  /// Sprite to picture, bending and swinging left aside.
  Affine place(const Camera& camera, double time) const;
  /// Which place of the sprite is to be seen at one of its places, as it bends and swings.
  Vector source(double at_x, double at_y, double time) const;
  /// Pixels that it can reach beyond the sprite.
  double reach(double time) const;
};

}  // namespace vcl::train
