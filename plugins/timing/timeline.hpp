// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>

#include "libvcl/tracking/frame_intervals.hpp"
#include "plugins/timing/lateness.hpp"

namespace gstvcl {

/// Of the buffer's PTS; none when it has none, or the segment does not count time.
GstClockTime running_time_of(GstBuffer* buffer, const GstSegment& segment);

/// Follows a stream frame by frame: which frame begins something new, and which are worth inference. Whether time goes
/// on is seen by the frames alone, not by the events between them: demuxers send SEGMENT and DISCONT where nothing has
/// happened. Streaming thread only.
class Timeline {
 public:
  Timeline(GstElement* element, FrameTimes& times, Lateness& lateness)
      : element_(element), times_(times), lateness_(lateness) {}

  /// What comes next is unrelated to the frames before, but of the same input.
  void restart();
  /// What comes next is another input, or another place of it.
  void forget();

  /// A SEGMENT event came: frames without times may be unrelated to those before.
  void segment_began() { segment_began_ = true; }

  /// Whether the frame is no continuation of those before: time steps back, or has a hole.
  bool starts_anew(GstBuffer* buffer, const GstSegment& segment) const;
  /// Whether a GAP event is a hole.
  bool is_hole(GstEvent* gap) const;
  void frame_arrived(GstBuffer* buffer, const GstSegment& segment);

  /// Whether to infer: the frame is the `interval`-th since the last inference, not late and no gap.
  bool wants_inference(GstBuffer* buffer, const GstSegment& segment, guint interval);

  /// Whether frames came since the last restart.
  bool active() const { return active_; }

 private:
  /// When a frame is shown, in nanoseconds of its segment and of the whole stream, and whether that goes backward.
  struct Place {
    double pts;
    std::optional<double> stream_time;
    bool backward, stream_backward;
  };

  static std::optional<Place> place_of(GstClockTime pts, const GstSegment& segment);
  /// From the last frame on, in the direction of play. By either clock: a SEGMENT may set the other one anew.
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
