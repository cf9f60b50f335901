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

  /// Returns the latency as the answer to a LATENCY query. A live pipeline then uses it.
  GstClockTime tell(bool live);
  /// Updates the latency. The part that follows from the caps changes at once, the measured part only if it changed by
  /// a quarter. Returns true if a live pipeline uses another latency and must query again. `held_frames`: number of
  /// frames that wait for their results. Call it from the thread that writes the FrameTimes.
  bool update(guint64 held_frames);

 private:
  const FrameTimes& times_;
  std::mutex mutex_;
  GstClockTime held_ = 0, inference_ = 0;
  GstClockTime told_ = GST_CLOCK_TIME_NONE;  // used by a live pipeline; outlives the stream, as it does there
};

}  // namespace gstvcl
