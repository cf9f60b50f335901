// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/lateness.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

/// Never GST_CLOCK_TIME_NONE.
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
  // As video decoders do: what is late now will be later by the time it gets there.
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
  if (GST_CLOCK_TIME_IS_VALID(earliest_) && running_time < earliest_) return true;
  if (!live_ || !GST_CLOCK_TIME_IS_VALID(now)) return false;
  const GstClockTimeDiff lag = GST_CLOCK_DIFF(running_time, now);
  least_lag_ = std::min(least_lag_, lag);
  return GstClockTime(lag) - GstClockTime(least_lag_) > std::max(times_.inference(), times_.frame());
}

}  // namespace gstvcl
