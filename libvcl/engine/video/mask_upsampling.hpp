// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// The binary mask, in source pixels, of mask logits on the canvas: bilinear (align_corners false) from the
/// frame's part of the canvas to the source, foreground where the logit is above 0 (method.md 6).
/// `logits`: canvas.height rows of canvas.width floats. Cost: source.width * content.height, not source pixels,
/// because between two rows of one sign no value has the other.
Rle mask_from_logits(const float* logits, const Letterbox& letterbox);

}  // namespace vcl
