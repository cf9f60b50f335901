// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>

#include "plugins/timing/recent_times.hpp"

namespace gstvcl {

/// The events since the last update of the statistics.
struct Progress {
  guint64 frames = 0;                     ///< received
  std::optional<GstClockTime> inference;  ///< duration of the inference, if one ran
  std::optional<double> frame_ms;         ///< time in the element of a frame that was sent
  bool stale = false;
  guint64 tracks = 0;  ///< new ones
};

/// The content of the `stats` property and of the messages of that name.
struct Stats {
  guint64 frames = 0;      ///< received
  guint64 inferences = 0;  ///< frames that were inferred
  guint64 stale = 0;       ///< frames sent with repeated masks
  guint64 tracks = 0;
  guint held = 0;                  ///< frames that wait for their results
  GstClockTime inference_sum = 0;  ///< sum over all inferences
  RecentTimes inference_ms;
  RecentTimes frame_ms;  ///< from the arrival of a frame until it is pushed

  /// `waiting`: number of frames that wait for their results now.
  void add(const Progress& progress, guint waiting);
  /// Returns a structure `vcl-stats`. Returns: (transfer full)
  GstStructure* to_structure() const;
};

}  // namespace gstvcl
