// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/plane.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// What a network sees of how a frame moves to one neighbour:
///   0, 1  flow less the motion of the scene, in units of the scale, -3 to 3
///   2, 3  plain flow in units of kFlowUnit, -3 to 3
///   4     how badly the neighbour, fetched along the flow, explains the frame: difference / 30, 0 to 3
///   5     half of the logarithm of the scale: the 95th percentile of the length of 0, 1 in pixels, at least 0.5
///   6     1: the motion is known
/// All are 0 where nothing is known: beside the picture on its canvas, and everywhere when there is no neighbour or it
/// cannot explain the frame.
inline constexpr int kMotionPlanes = 7, kFlowPlane = 2, kErrorPlane = 4, kKnownPlane = 6;
inline constexpr float kFlowUnit = 8;  ///< pixels, of the plain flow

/// Writes the planes [kMotionPlanes, canvas height, canvas width] of a frame; the picture lies at the canvas' upper
/// left. Frame and neighbour are of one size, values 0 to 255. Returns whether the neighbour explains the frame; if it
/// does not, as after a cut, all planes are 0.
bool motion_planes(const Plane& frame, const Plane& neighbour, Size canvas, float* planes);

/// Whether motion_planes() would find that the neighbour explains the frame.
bool neighbour_explains(const Plane& frame, const Plane& neighbour);

}  // namespace vcl
