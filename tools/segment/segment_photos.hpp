// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// `vcl segment` over photos: pictures that are no video, each segmented by itself. One engine serves all; the next
/// photo is decoded and the one before is written meanwhile. Throws Error; what was done until then is in the files.
void segment_photos(const SegmentOptions& options);

}  // namespace vcl
