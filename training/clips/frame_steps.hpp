// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/copy_paste.hpp"

/// The steps of the paper's augmentation (method.md 4.2), each to the value as the programs do them that the authors
/// use (Pillow, OpenCV 4.6, NumPy; tests/golden/data/imagecut2video/augment). All keep rows and ids.
namespace vcl::train {

ClipFrame cropped(const ClipFrame& frame, int x, int y, Size size);

/// The sides after the shorter one became `short_edge`, or less where the longer would exceed `longest`.
Size resized_sides(Size size, int short_edge, int longest);

/// Colours by an antialiased triangle filter, masks by the nearest pixel.
ClipFrame resized(const ClipFrame& frame, Size to);

ClipFrame mirrored(const ClipFrame& frame);

/// Every value * `weight` + `other`, cut to 0..255 and truncated.
void blend(ClipFrame& frame, float weight, float other);

/// Over all values of all channels.
double mean_value(const ClipFrame& frame);

/// Counter-clockwise by `degrees` about (x, y); colours bilinear, masks by the nearest pixel; 0 from outside.
ClipFrame rotated(const ClipFrame& frame, double degrees, double x, double y);

}  // namespace vcl::train
