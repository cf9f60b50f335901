// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "vcl/geometry.hpp"

namespace vcl::train {

/// A map from canvas points to photo points. Both are continuous, with pixel centers at +0.5.
struct Affine {
  double xx = 1, xy = 0, x0 = 0;  ///< photo x = xx * x + xy * y + x0
  double yx = 0, yy = 1, y0 = 0;  ///< photo y = yx * x + yy * y + y0

  double x(double cx, double cy) const { return xx * cx + xy * cy + x0; }
  double y(double cx, double cy) const { return yx * cx + yy * cy + y0; }
  /// Returns the photo pixels per canvas pixel.
  double scale() const;
};

/// A view of a photo: `centre` is the photo point at the center of the canvas.
struct Pose {
  double centre_x = 0, centre_y = 0;
  double scale_x = 1, scale_y = 1;  ///< photo pixels per canvas pixel; x is negative if mirrored
  double angle = 0;                 ///< radians
};
Affine affine_of(const Pose& pose, double canvas_x, double canvas_y);

/// Returns the map that applies `inner`, then `outer`.
Affine compose(const Affine& outer, const Affine& inner);
/// Returns the map from photo to canvas. The scale of `map` must not be 0.
Affine inverse(const Affine& map);
/// Returns the map of a picture that was moved by (x, y): canvas points are moved by (-x, -y), then mapped.
Affine moved(const Affine& map, double x, double y);

/// The bounding box of a box after mapping.
struct Extent {
  double left, top, right, bottom;
};
Extent extent_of(const Box& box, const Affine& map);

/// Returns the number of samples per pixel along each side. Reductions average several samples to avoid aliasing.
int samples_for(const Affine& map);

/// Writes the mean of samples x samples bilinear values over the canvas pixel (cx, cy). Pixels are interleaved bytes,
/// and the border is reflected.
template <int Channels>
void sample_area(const std::uint8_t* pixels, Size size, const Affine& map, int cx, int cy, int samples, float* out);

/// Returns the label under the center of the canvas pixel, or 0 outside of the photo unless `reflect` is set.
std::uint8_t sample_label(const std::uint8_t* labels, Size size, const Affine& map, int cx, int cy, bool reflected);

}  // namespace vcl::train
