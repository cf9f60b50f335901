// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/draw/track_history.hpp"

namespace gstvcl {

#ifdef GST_VCL_HAVE_ANALYTICS
inline constexpr bool kHaveAnalytics = true;
#else
inline constexpr bool kHaveAnalytics = false;
#endif

/// Writes the instances of `meta`, a meta of the buffer, to the buffer's GstAnalyticsRelationMeta, which is created if
/// necessary. Each instance gets an object detection of type "object" (box and score); a segmentation of one instance,
/// whose mask is cropped to the box, GRAY8 with packed rows, and holds the region_id() of the track; and a tracking.
/// The detection relates to the other two, and the segmentation to the detection. Tracks that were just lost get only a
/// tracking. Times come from `history`, to which the frame was added. Available only if kHaveAnalytics.
void attach_analytics(GstBuffer* buffer, const GstVclInstancesMeta* meta, const TrackHistory& history);

}  // namespace gstvcl
