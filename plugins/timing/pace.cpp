// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/pace.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

/// Caps may say years and timestamps jump: what is longer is no frame, and the products below stay in range.
constexpr GstClockTime kLongestFrame = 3600 * GST_SECOND;
constexpr GstClockTime kLongestHeld = 256 * kLongestFrame;

GstClockTime held_time(guint64 frames, GstClockTime duration) {
  return duration > 0 && frames > kLongestHeld / duration ? kLongestHeld : frames * duration;
}

/// Never GST_CLOCK_TIME_NONE.
GstClockTime sum(GstClockTime a, GstClockTime b) {
  constexpr GstClockTime most = GST_CLOCK_TIME_NONE - 1;
  return a < most - b ? a + b : most;
}

}  // namespace

void Pace::reset() {
  std::lock_guard lock(mutex_);
  frame_duration_ = 0;
  measure_duration_ = true;
  last_pts_ = GST_CLOCK_TIME_NONE;
  inference_ = held_latency_ = inference_latency_ = 0;
  earliest_ = GST_CLOCK_TIME_NONE;
  live_ = false;
  least_lag_ = G_MAXINT64;
}

void Pace::set_held_frames(guint64 frames) {
  std::lock_guard lock(mutex_);
  held_frames_ = frames;
}

void Pace::flush() {
  std::lock_guard lock(mutex_);
  last_pts_ = GST_CLOCK_TIME_NONE;
  earliest_ = GST_CLOCK_TIME_NONE;
  least_lag_ = G_MAXINT64;
}

void Pace::set_caps(const GstVideoInfo& info) {
  const gint numerator = GST_VIDEO_INFO_FPS_N(&info), denominator = GST_VIDEO_INFO_FPS_D(&info);
  const GstClockTime duration =
      numerator > 0 ? gst_util_uint64_scale_int(GST_SECOND, denominator, numerator) : GST_CLOCK_TIME_NONE;
  std::lock_guard lock(mutex_);
  measure_duration_ = duration > kLongestFrame;  // GST_CLOCK_TIME_NONE too
  frame_duration_ = measure_duration_ ? 0 : duration;
}

void Pace::frame_arrived(GstClockTime pts) {
  std::lock_guard lock(mutex_);
  if (measure_duration_ && GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(last_pts_) && pts > last_pts_) {
    const GstClockTime delta = pts - last_pts_;
    if (delta <= kLongestFrame) frame_duration_ = frame_duration_ == 0 ? delta : (7 * frame_duration_ + delta) / 8;
  }
  last_pts_ = pts;
}

GstClockTime Pace::frame_duration() const {
  std::lock_guard lock(mutex_);
  return frame_duration_;
}

void Pace::inference_took(GstClockTime time) {
  std::lock_guard lock(mutex_);
  inference_ = std::max(time, inference_ - inference_ / 32);
}

void Pace::set_live(bool live) {
  std::lock_guard lock(mutex_);
  live_ = live;
}

void Pace::qos(GstEvent* event) {
  GstClockTimeDiff diff;
  GstClockTime running_time;
  gst_event_parse_qos(event, nullptr, nullptr, &diff, &running_time);
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return;
  std::lock_guard lock(mutex_);
  // As video decoders do: what is late now will be later by the time it gets there.
  if (diff > 0) {
    earliest_ = sum(sum(running_time, GstClockTime(diff)), sum(GstClockTime(diff), frame_duration_));
  } else {
    const GstClockTime early = 0 - GstClockTime(diff);
    earliest_ = running_time > early ? running_time - early : 0;
  }
}

bool Pace::is_late(GstClockTime running_time, GstClockTime now) {
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return false;
  std::lock_guard lock(mutex_);
  if (GST_CLOCK_TIME_IS_VALID(earliest_) && running_time < earliest_) return true;
  if (!live_ || !GST_CLOCK_TIME_IS_VALID(now)) return false;
  const GstClockTimeDiff lag = GST_CLOCK_DIFF(running_time, now);
  least_lag_ = std::min(least_lag_, lag);
  return GstClockTime(lag) - GstClockTime(least_lag_) > std::max(inference_, frame_duration_);
}

GstClockTime Pace::tell_latency() {
  std::lock_guard lock(mutex_);
  const GstClockTime latency = held_latency_ + inference_latency_;
  told_ = live_ ? latency : GST_CLOCK_TIME_NONE;
  return latency;
}

bool Pace::update_latency() {
  std::lock_guard lock(mutex_);
  const GstClockTime held = held_time(held_frames_, frame_duration_);
  if (!measure_duration_) held_latency_ = held;
  const GstClockTime before = held_latency_ + inference_latency_, now = held + inference_;
  const GstClockTime change = now > before ? now - before : before - now;
  if (change > GST_MSECOND && change > before / 4) {
    held_latency_ = held;
    inference_latency_ = inference_;
  }
  const GstClockTime latency = held_latency_ + inference_latency_;
  if (!GST_CLOCK_TIME_IS_VALID(told_) || told_ == latency) return false;
  told_ = latency;
  return true;
}

}  // namespace gstvcl
