// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// Returns the binary mask, in source pixels, of mask logits on the canvas. It resizes bilinearly (align_corners false)
/// from the frame's part of the canvas to the source; foreground is a logit above 0 (method.md 6). `logits`:
/// canvas.height rows of canvas.width floats. The cost is source.width * content.height instead of all source pixels,
/// because all values between two rows of the same sign have that sign.
Rle mask_from_logits(const float* logits, const Letterbox& letterbox);

}  // namespace vcl
