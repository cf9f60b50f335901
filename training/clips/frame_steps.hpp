// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/copy_paste.hpp"

/// The steps of the paper's augmentation (method.md 4.2). Each gives exactly the values of the programs that the
/// authors use (Pillow, OpenCV 4.6, NumPy; tests/golden/data/imagecut2video/augment). All keep rows and ids.
namespace vcl::train {

ClipFrame cropped(const ClipFrame& frame, int x, int y, Size size);

/// Returns the size with a shorter side of `short_edge`, or of less if the longer side would exceed `longest`.
Size resized_sides(Size size, int short_edge, int longest);

/// Resizes colors with an antialiased triangle filter and masks with nearest neighbor.
ClipFrame resized(const ClipFrame& frame, Size to);

ClipFrame mirrored(const ClipFrame& frame);

/// Maps each value to value * `weight` + `other`, clipped to 0..255 and truncated.
void blend(ClipFrame& frame, float weight, float other);

/// Returns the mean over all values of all channels.
double mean_value(const ClipFrame& frame);

/// Rotates counter-clockwise by `degrees` about (x, y): colors bilinear, masks with nearest neighbor. Outside is 0.
ClipFrame rotated(const ClipFrame& frame, double degrees, double x, double y);

}  // namespace vcl::train
