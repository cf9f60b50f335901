// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/timeline.hpp"

namespace gstvcl {

bool is_short_gap(GstEvent* gap) {
  GstClockTime duration;
  gst_event_parse_gap(gap, nullptr, &duration);
  return GST_CLOCK_TIME_IS_VALID(duration) && duration <= kShortGap;
}

GstClockTime running_time_of(GstBuffer* buffer, const GstSegment& segment) {
  const bool timed = segment.format == GST_FORMAT_TIME;  // appsrc counts bytes unless told otherwise
  return timed ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)) : GST_CLOCK_TIME_NONE;
}

void Timeline::restart() {
  active_ = false;
  last_pts_ = GST_CLOCK_TIME_NONE;
  since_infer_.reset();
}

bool Timeline::starts_anew(GstBuffer* buffer) const {
  if (!active_) return false;
  const bool discont = GST_BUFFER_IS_DISCONT(buffer);
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(pts) || !GST_CLOCK_TIME_IS_VALID(last_pts_)) return discont;
  if (pts < last_pts_) return true;
  // A few lost frames, by a leaky queue or on the network, are no reason to lose the tracks.
  const GstClockTime step = pts - last_pts_;
  const bool lost_frames = 2 * step > 3 * pace_.frame_duration() && step <= kShortGap;
  return discont && !lost_frames;
}

void Timeline::frame_arrived(GstBuffer* buffer) {
  active_ = true;
  if (GST_BUFFER_PTS_IS_VALID(buffer)) last_pts_ = GST_BUFFER_PTS(buffer);
  pace_.frame_arrived(GST_BUFFER_PTS(buffer));
}

bool Timeline::wants_inference(GstBuffer* buffer, const GstSegment& segment, guint interval) {
  const bool due = !since_infer_ || ++*since_infer_ >= interval;
  const bool late = pace_.is_late(running_time_of(buffer, segment), running_time_now());
  const bool nothing_there = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
  if (!due || late || nothing_there) return false;
  since_infer_ = 0;
  return true;
}

GstClockTime Timeline::running_time_now() const {
  GstClock* clock = gst_element_get_clock(element_);
  if (!clock) return GST_CLOCK_TIME_NONE;
  const GstClockTime time = gst_clock_get_time(clock), base = gst_element_get_base_time(element_);
  gst_object_unref(clock);
  return time > base ? time - base : 0;
}

}  // namespace gstvcl
