// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>

#include "libvcl/tracking/frame_intervals.hpp"
#include "plugins/timing/lateness.hpp"

namespace gstvcl {

/// Returns the running time of the buffer's PTS, or GST_CLOCK_TIME_NONE if it has no PTS or the segment does not count
/// time.
GstClockTime running_time_of(GstBuffer* buffer, const GstSegment& segment);

/// Follows a stream frame by frame: decides which frame begins something new, and which frames are inferred. Only the
/// times of frames show whether time continues, not the events between them, because demuxers send SEGMENT and DISCONT
/// without a reason. Streaming thread only.
class Timeline {
 public:
  Timeline(GstElement* element, FrameTimes& times, Lateness& lateness)
      : element_(element), times_(times), lateness_(lateness) {}

  /// Announces frames that are unrelated to the earlier ones, but come from the same input.
  void restart();
  /// Announces another input, or another position in it.
  void forget();

  /// Records a SEGMENT event: frames without times may be unrelated to the earlier ones.
  void segment_began() { segment_began_ = true; }

  /// Returns whether the frame does not continue the earlier ones: time steps back, or has a hole.
  bool starts_anew(GstBuffer* buffer, const GstSegment& segment) const;
  /// Returns whether a GAP event is a hole.
  bool is_hole(GstEvent* gap) const;
  void frame_arrived(GstBuffer* buffer, const GstSegment& segment);

  /// Returns whether to infer: the frame is the `interval`-th since the last inference, is not late and is not a gap.
  bool wants_inference(GstBuffer* buffer, const GstSegment& segment, guint interval);

  /// Returns whether frames came since the last restart.
  bool active() const { return active_; }

 private:
  /// The time of a frame, in nanoseconds of its segment and of the whole stream, and whether these run backward.
  struct Place {
    double pts;
    std::optional<double> stream_time;
    bool backward, stream_backward;
  };

  static std::optional<Place> place_of(GstClockTime pts, const GstSegment& segment);
  /// Returns the time from the last frame to this one in the direction of play. If one clock does not continue, the
  /// other is used, because a SEGMENT may reset either of them.
  double step_to(const Place& place) const;
  bool goes_on(double step) const;
  GstClockTime running_time_now() const;

  GstElement* element_;
  FrameTimes& times_;
  Lateness& lateness_;
  bool active_ = false;
  bool segment_began_ = false;
  std::optional<Place> last_;
  vcl::FrameIntervals intervals_;
  std::optional<guint> since_infer_;  // frames since the last inference
};

}  // namespace gstvcl
