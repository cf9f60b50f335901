// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>

#include "common/pace.hpp"

namespace gstvcl {

/// Over a hole of at most this length, tracks go on.
inline constexpr GstClockTime kShortGap = GST_SECOND;

bool is_short_gap(GstEvent* gap);

/// Of the buffer's PTS; none when it has none, or the segment does not count time.
GstClockTime running_time_of(GstBuffer* buffer, const GstSegment& segment);

/// Follows a stream frame by frame: which frame begins something new, and which are worth inference. Streaming
/// thread only.
class Timeline {
 public:
  Timeline(GstElement* element, Pace& pace) : element_(element), pace_(pace) {}

  /// What comes next is unrelated to what was.
  void restart();

  /// Whether the frame is no continuation of those before: a jump in time of more than a few lost frames.
  bool starts_anew(GstBuffer* buffer) const;
  void frame_arrived(GstBuffer* buffer);

  /// Whether to infer: the frame is the `interval`-th since the last inference, not late and no gap.
  bool wants_inference(GstBuffer* buffer, const GstSegment& segment, guint interval);

  /// Whether frames came since the last restart.
  bool active() const { return active_; }

 private:
  GstClockTime running_time_now() const;

  GstElement* element_;
  Pace& pace_;
  bool active_ = false;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  std::optional<guint> since_infer_;  // frames since the last inference
};

}  // namespace gstvcl
