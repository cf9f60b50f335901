// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "vcl/geometry.hpp"

namespace vcl::train {

/// Canvas point to photo point, both continuous with pixel centres at +0.5.
struct Affine {
  double xx = 1, xy = 0, x0 = 0;  ///< photo x = xx * x + xy * y + x0
  double yx = 0, yy = 1, y0 = 0;  ///< photo y = yx * x + yy * y + y0

  double x(double cx, double cy) const { return xx * cx + xy * cy + x0; }
  double y(double cx, double cy) const { return yx * cx + yy * cy + y0; }
  /// Photo pixels that one canvas pixel step covers.
  double scale() const;
};

/// A view of a photo: `centre` is the photo point in the middle of the canvas.
struct Pose {
  double centre_x = 0, centre_y = 0;
  double scale_x = 1, scale_y = 1;  ///< photo pixels in a canvas pixel; negative x: mirrored
  double angle = 0;                 ///< radians
};
Affine affine_of(const Pose& pose, double canvas_x, double canvas_y);

/// First `inner`, then `outer`.
Affine compose(const Affine& outer, const Affine& inner);
/// Photo point to canvas point. The scale must not be 0.
Affine inverse(const Affine& map);
/// What a map makes of canvas points that first move by (-x, -y): the picture moves by (x, y).
Affine moved(const Affine& map, double x, double y);

/// Where the corners of a box come to lie.
struct Extent {
  double left, top, right, bottom;
};
Extent extent_of(const Box& box, const Affine& map);

/// How often a pixel is sampled along each side, so that a reduction averages instead of aliasing.
int samples_for(const Affine& map);

/// Mean of samples x samples bilinear values over the canvas pixel (cx, cy) of interleaved bytes, border reflected.
template <int Channels>
void sample_area(const std::uint8_t* pixels, Size size, const Affine& map, int cx, int cy, int samples, float* out);

/// The label under the canvas pixel's centre; 0 outside the photo unless `reflect`.
std::uint8_t sample_label(const std::uint8_t* labels, Size size, const Affine& map, int cx, int cy, bool reflected);

}  // namespace vcl::train
