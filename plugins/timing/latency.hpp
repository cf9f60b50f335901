// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <mutex>

#include "plugins/timing/frame_times.hpp"

namespace gstvcl {

/// What an element that holds frames back adds to the latency of its pipeline. Safe to use from several threads.
class Latency {
 public:
  explicit Latency(const FrameTimes& times) : times_(times) {}

  /// Forgets the stream.
  void reset();

  /// The answer to a query, by which a live pipeline then goes.
  GstClockTime tell(bool live);
  /// Brings it up to date: what follows from the caps at once, what is measured when it changed by a quarter. True when
  /// a live pipeline goes by another one and must be told to ask again. `held_frames`: that wait for their results. The
  /// thread that writes the FrameTimes.
  bool update(guint64 held_frames);

 private:
  const FrameTimes& times_;
  std::mutex mutex_;
  GstClockTime held_ = 0, inference_ = 0;
  GstClockTime told_ = GST_CLOCK_TIME_NONE;  // what a live pipeline goes by; outlives the stream, as it does there
};

}  // namespace gstvcl
