// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "vcl/frame.hpp"

namespace vcl {

/// One plane of a pixel format: which of its channels go to which plane of planar RGB, or of Y, U, V.
struct PlaneLayout {
  int channels = 1;
  bool half = false;  ///< sides are half those of the frame, rounded up
  struct Route {
    int channel, plane;
  };
  std::vector<Route> routes;
};

/// Throws Error(Unsupported) for a format that does not exist.
std::vector<PlaneLayout> layout_of(PixelFormat format);

}  // namespace vcl
