// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>

#include "plugins/timing/frame_times.hpp"

namespace gstvcl {

/// Decides which frames are too late for inference. Thread-safe.
class Lateness {
 public:
  explicit Lateness(const FrameTimes& times) : times_(times) {}

  /// Clears the state of the stream.
  void reset();
  /// Clears the QoS of the sink and the measured lags (flush, seek).
  void flush();

  void set_live(bool live);
  /// Takes a QoS event of the sink: frames before the time that it implies are late anyway.
  void qos(GstEvent* event);

  /// Returns whether the frame is so late that inference must be skipped. This is the case if the sink reported it, or
  /// if, in a live pipeline, the frame arrived here (`now`, running time) later than inference can explain. A stream
  /// that stays late is still inferred, as often as a fifth of the time allows. A lag that skipping does not reduce for
  /// two seconds is attributed to the source.
  bool is_late(GstClockTime running_time, GstClockTime now);
  /// Records that inference begins at `now`.
  void infers(GstClockTime now);

 private:
  bool late_for_sink(GstClockTime running_time) const;
  bool lags(GstClockTimeDiff lag, GstClockTime now);
  bool may_infer_late(GstClockTime now);

  /// Consecutive frames that lag.
  struct Run {
    GstClockTimeDiff least_lag;
    GstClockTime since;  // running time at which the lag last fell
  };

  const FrameTimes& times_;
  std::mutex mutex_;
  GstClockTime earliest_ = GST_CLOCK_TIME_NONE;
  bool live_ = false;
  GstClockTimeDiff least_lag_ = G_MAXINT64;  // lag that the source and the elements before this one cause
  std::optional<Run> lagging_;
  GstClockTime inferred_ = GST_CLOCK_TIME_NONE;  // running time of the latest inference, or of the first frame
};

}  // namespace gstvcl
