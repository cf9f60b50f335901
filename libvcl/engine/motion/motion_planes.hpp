// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/motion/plane.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// The motion planes that a network gets for a frame and one neighbor:
///   0, 1  flow minus the motion of the scene, x and y, divided by the scale, -3 to 3
///   2, 3  flow, x and y, in units of kFlowUnit, -3 to 3
///   4     difference of the frame and the neighbor, fetched along the flow, / 30, 0 to 3
///   5     half of the logarithm of the scale, the 95th percentile of the residual's length in pixels, at least 0.5
///   6     1: the motion is known
/// All planes are 0 on the canvas outside of the picture. They are 0 everywhere if there is no neighbor or it cannot
/// explain the frame.
inline constexpr int kMotionPlanes = 7, kFlowPlane = 2, kErrorPlane = 4, kKnownPlane = 6;
inline constexpr float kFlowUnit = 8;  ///< pixels; the unit of planes 2 and 3

/// Writes the planes [kMotionPlanes, canvas height, canvas width] of a frame. The picture covers the upper left part of
/// the canvas. Frame and neighbor have the same size and values of 0 to 255. Returns whether the neighbor explains the
/// frame. If it does not, for example after a cut, all planes are 0.
bool motion_planes(const Plane& frame, const Plane& neighbour, Size canvas, float* planes);

/// Returns whether motion_planes() would find that the neighbor explains the frame.
bool neighbour_explains(const Plane& frame, const Plane& neighbour);

}  // namespace vcl
