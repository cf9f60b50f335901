// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/latency.hpp"

namespace gstvcl {
namespace {

/// Returns the duration of the held frames, limited so that it stays a valid clock time for any number of frames.
GstClockTime held_time(guint64 frames, GstClockTime duration) {
  constexpr GstClockTime longest = 256 * FrameTimes::kLongestFrame;
  return duration > 0 && frames > longest / duration ? longest : frames * duration;
}

}  // namespace

void Latency::reset() {
  const std::lock_guard lock(mutex_);
  held_ = inference_ = 0;
}

GstClockTime Latency::answer(bool live) {
  const std::lock_guard lock(mutex_);
  const GstClockTime latency = held_ + inference_;
  answered_ = live ? latency : GST_CLOCK_TIME_NONE;
  return latency;
}

bool Latency::update(guint64 held_frames) {
  const GstClockTime held = held_time(held_frames, times_.frame()), inference = times_.inference();
  const std::lock_guard lock(mutex_);
  if (!times_.is_measured()) held_ = held;
  const GstClockTime before = held_ + inference_, now = held + inference;
  const GstClockTime change = now > before ? now - before : before - now;
  if (change > GST_MSECOND && change > before / 4) {
    held_ = held;
    inference_ = inference;
  }
  const GstClockTime latency = held_ + inference_;
  if (!GST_CLOCK_TIME_IS_VALID(answered_) || answered_ == latency) return false;
  answered_ = latency;
  return true;
}

}  // namespace gstvcl
