// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/timeline.hpp"

namespace gstvcl {
namespace {

double stepped(double from, double to, bool backward) {
  return backward ? from - to : to - from;
}

}  // namespace

GstClockTime running_time_of(GstBuffer* buffer, const GstSegment& segment) {
  const bool timed = segment.format == GST_FORMAT_TIME;  // appsrc counts bytes by default
  return timed ? gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)) : GST_CLOCK_TIME_NONE;
}

void Timeline::restart() {
  active_ = false;
  segment_began_ = false;
  last_.reset();
  since_infer_.reset();
}

void Timeline::forget() {
  restart();
  intervals_ = {};
}

std::optional<Timeline::Place> Timeline::place_of(GstClockTime pts, const GstSegment& segment) {
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return {};
  Place place{double(pts), {}, segment.rate < 0, segment.rate * segment.applied_rate < 0};
  guint64 stream_time;
  if (segment.format == GST_FORMAT_TIME)
    if (const int sign = gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, pts, &stream_time); sign != 0)
      place.stream_time = sign * double(stream_time);
  return place;
}

double Timeline::step_to(const Place& place) const {
  const double step = stepped(last_->pts, place.pts, place.backward);
  if (goes_on(step) || !last_->stream_time || !place.stream_time) return step;
  return stepped(*last_->stream_time, *place.stream_time, place.stream_backward);
}

// Timestamps of some cameras and demuxers jitter: a step back by less than a frame does not count.
bool Timeline::goes_on(double step) const {
  const double interval = intervals_.usual() > 0 ? intervals_.usual() : double(times_.frame());
  return (step > -interval || step == 0) && !intervals_.is_hole(step);
}

bool Timeline::starts_anew(GstBuffer* buffer, const GstSegment& segment) const {
  if (!active_) return false;
  const std::optional<Place> place = place_of(GST_BUFFER_PTS(buffer), segment);
  if (!place || !last_) return segment_began_ || GST_BUFFER_IS_DISCONT(buffer);
  return !goes_on(step_to(*place));
}

bool Timeline::is_hole(GstEvent* gap) const {
  GstClockTime start, duration;
  gst_event_parse_gap(gap, &start, &duration);
  double pause = GST_CLOCK_TIME_IS_VALID(duration) ? double(duration) : 0;
  if (last_ && GST_CLOCK_TIME_IS_VALID(start)) pause += stepped(last_->pts, double(start), last_->backward);
  return intervals_.is_hole(pause);
}

void Timeline::frame_arrived(GstBuffer* buffer, const GstSegment& segment) {
  active_ = true;
  segment_began_ = false;
  times_.frame_arrived(GST_BUFFER_PTS(buffer));
  const std::optional<Place> place = place_of(GST_BUFFER_PTS(buffer), segment);
  if (!place) return;
  if (last_)
    if (const double step = step_to(*place); step > 0) intervals_.add(step);
  last_ = place;
}

bool Timeline::wants_inference(GstBuffer* buffer, const GstSegment& segment, guint interval) {
  const bool due = !since_infer_ || ++*since_infer_ >= interval;
  const GstClockTime now = running_time_now();
  const bool late = lateness_.is_late(running_time_of(buffer, segment), now);
  const bool nothing_there = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
  if (!due || late || nothing_there) return false;
  since_infer_ = 0;
  lateness_.infers(now);
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
