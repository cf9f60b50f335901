// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>

#include "plugins/timing/frame_times.hpp"

namespace gstvcl {

/// Tells which frames come too late for inference. Safe to use from several threads.
class Lateness {
 public:
  explicit Lateness(const FrameTimes& times) : times_(times) {}

  /// Forgets the stream.
  void reset();
  /// Forgets what the sink said and how late frames came (flush, seek).
  void flush();

  void set_live(bool live);
  /// A QoS event of the sink: frames up to the time that follows from it are late anyway.
  void qos(GstEvent* event);

  /// Whether the frame is so late that inference must be skipped: the sink said so, or, in a live pipeline, it arrived
  /// here (`now`, running time) later than inference can explain. A stream that stays late is inferred all the same, as
  /// often as a fifth of the time allows, and a lag that skipping does not reduce for two seconds is the source's.
  bool is_late(GstClockTime running_time, GstClockTime now);
  /// Inference begins at `now`.
  void infers(GstClockTime now);

 private:
  bool late_for_sink(GstClockTime running_time) const;
  bool lags(GstClockTimeDiff lag, GstClockTime now);
  bool may_infer_late(GstClockTime now);

  /// Frames that lag, one after the other.
  struct Run {
    GstClockTimeDiff least_lag;
    GstClockTime since;  // running time at which the lag last became less
  };

  const FrameTimes& times_;
  std::mutex mutex_;
  GstClockTime earliest_ = GST_CLOCK_TIME_NONE;
  bool live_ = false;
  GstClockTimeDiff least_lag_ = G_MAXINT64;  // lag that is not our doing: what the source and elements before us cost
  std::optional<Run> lagging_;
  GstClockTime inferred_ = GST_CLOCK_TIME_NONE;  // running time of the latest inference, or of the first frame
};

}  // namespace gstvcl
