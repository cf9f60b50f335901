// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>

#include "plugins/timing/recent_times.hpp"

namespace gstvcl {

/// What happened since the statistics were last brought up to date.
struct Progress {
  guint64 frames = 0;                     ///< that came in
  std::optional<GstClockTime> inference;  ///< how long it took
  std::optional<double> frame_ms;         ///< of a frame that goes out
  bool stale = false;
  guint64 tracks = 0;  ///< that began
};

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

  /// `waiting`: frames that now wait for their results.
  void add(const Progress& progress, guint waiting);
  /// `vcl-stats`. Returns: (transfer full)
  GstStructure* to_structure() const;
};

}  // namespace gstvcl
