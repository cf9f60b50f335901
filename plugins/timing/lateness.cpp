// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/lateness.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

/// How long a lag that does not fall is attributed to this element.
constexpr GstClockTime kPatience = 2 * GST_SECOND;
/// In a late stream, inferences begin at least this many times their duration apart.
constexpr GstClockTime kRest = 5;

/// Returns the sum, never GST_CLOCK_TIME_NONE.
GstClockTime sum(GstClockTime a, GstClockTime b) {
  constexpr GstClockTime most = GST_CLOCK_TIME_NONE - 1;
  return a < most - b ? a + b : most;
}

}  // namespace

void Lateness::reset() {
  flush();
  set_live(false);
}

void Lateness::flush() {
  const std::lock_guard lock(mutex_);
  earliest_ = GST_CLOCK_TIME_NONE;
  least_lag_ = G_MAXINT64;
  lagging_.reset();
  inferred_ = GST_CLOCK_TIME_NONE;
}

void Lateness::set_live(bool live) {
  const std::lock_guard lock(mutex_);
  live_ = live;
}

void Lateness::qos(GstEvent* event) {
  GstClockTimeDiff diff;
  GstClockTime running_time;
  gst_event_parse_qos(event, nullptr, nullptr, &diff, &running_time);
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return;
  const std::lock_guard lock(mutex_);
  // As in video decoders: a frame that is late now will be even later at the sink.
  if (diff > 0) {
    earliest_ = sum(sum(running_time, GstClockTime(diff)), sum(GstClockTime(diff), times_.frame()));
  } else {
    const GstClockTime early = 0 - GstClockTime(diff);
    earliest_ = running_time > early ? running_time - early : 0;
  }
}

bool Lateness::is_late(GstClockTime running_time, GstClockTime now) {
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return false;
  const std::lock_guard lock(mutex_);
  bool late = late_for_sink(running_time);
  if (live_ && GST_CLOCK_TIME_IS_VALID(now)) late |= lags(GST_CLOCK_DIFF(running_time, now), now);
  return late && !may_infer_late(now);
}

void Lateness::infers(GstClockTime now) {
  const std::lock_guard lock(mutex_);
  inferred_ = now;
}

bool Lateness::late_for_sink(GstClockTime running_time) const {
  return GST_CLOCK_TIME_IS_VALID(earliest_) && running_time < earliest_;
}

// If this element causes the lag, waiting frames arrive faster than real time once inference is skipped. Their lag
// falls until none waits.
bool Lateness::lags(GstClockTimeDiff lag, GstClockTime now) {
  least_lag_ = std::min(least_lag_, lag);
  if (GstClockTime(lag) - GstClockTime(least_lag_) <= std::max(times_.inference(), times_.frame())) {
    lagging_.reset();
    return false;
  }
  if (!lagging_ || lag < lagging_->least_lag - GstClockTimeDiff(times_.frame()) || now < lagging_->since)
    lagging_ = {lag, now};
  if (now - lagging_->since < kPatience) return true;
  least_lag_ = lag;
  lagging_.reset();
  return false;
}

bool Lateness::may_infer_late(GstClockTime now) {
  if (!GST_CLOCK_TIME_IS_VALID(now)) return false;
  if (!GST_CLOCK_TIME_IS_VALID(inferred_) || now < inferred_) inferred_ = now;
  return now - inferred_ >= kRest * std::max(times_.inference(), times_.frame());
}

}  // namespace gstvcl
