// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/timing/recent_times.hpp"

namespace gstvcl {

/// What the `stats` property and the messages of that name tell of a stream.
struct Stats {
  guint64 frames = 0;      ///< that came in
  guint64 inferences = 0;  ///< that were inferred
  guint64 stale = 0;       ///< that went out with repeated masks
  guint64 tracks = 0;
  guint held = 0;                  ///< frames that wait for their results
  GstClockTime inference_sum = 0;  ///< of all inferences
  RecentTimes inference_ms;
  RecentTimes frame_ms;  ///< from a frame's arrival until it is pushed

  /// `vcl-stats`. Returns: (transfer full)
  GstStructure* to_structure() const;
};

}  // namespace gstvcl
