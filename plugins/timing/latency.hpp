// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <mutex>

#include "plugins/timing/frame_times.hpp"

namespace gstvcl {

/// The latency that an element adds to its pipeline by holding frames back. Thread-safe.
class Latency {
 public:
  explicit Latency(const FrameTimes& times) : times_(times) {}

  /// Clears the state of the stream.
  void reset();

  /// Returns the latency for the answer to a query. A `live` pipeline relies on it until it asks again.
  GstClockTime answer(bool live);
  /// Recomputes the latency: at once after new caps, and when measured times changed it by a quarter. Returns true if a
  /// live pipeline relies on another latency and must ask again. `held_frames` is the number of frames that wait for
  /// their results. Call it in the thread that writes the FrameTimes.
  bool update(guint64 held_frames);

 private:
  const FrameTimes& times_;
  std::mutex mutex_;
  GstClockTime held_ = 0, inference_ = 0;
  GstClockTime answered_ = GST_CLOCK_TIME_NONE;  // to a live pipeline, which keeps it beyond the stream
};

}  // namespace gstvcl
