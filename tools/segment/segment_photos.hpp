// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// Runs `vcl segment` over photos: pictures that are segmented one by one. All photos share one engine. Meanwhile the
/// next photo is decoded and the previous one is written. Throws Error; results of earlier photos are then in the
/// files.
void segment_photos(const SegmentOptions& options);

}  // namespace vcl
