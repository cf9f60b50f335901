// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <mutex>

namespace gstvcl {

/// Keeps time: how long frames and inference take, what latency that makes, and which frames come too
/// late for inference. Safe to use from several threads.
class Pace {
 public:
  /// Forgets the stream.
  void reset();
  /// How many frames are held back until their results come.
  void set_held_frames(guint64 frames);
  /// Forgets what the sink said and how late frames came (flush, seek).
  void flush();

  /// Frame duration from the caps; without a frame rate it is measured from the timestamps.
  void set_caps(const GstVideoInfo& info);
  void frame_arrived(GstClockTime pts);
  /// 0 as long as it is unknown.
  GstClockTime frame_duration() const;
  void inference_took(GstClockTime time);

  void set_live(bool live);
  /// A QoS event of the sink: frames up to the time that follows from it are late anyway.
  void qos(GstEvent* event);

  /// Whether the frame is so late that inference must be skipped: the sink said so, or it arrived here
  /// (`now`, running time) later than inference can explain. `now` counts in live pipelines only.
  bool is_late(GstClockTime running_time, GstClockTime now);

  /// What this element adds to the latency of the pipeline: the answer to a query, by which a live pipeline then goes.
  GstClockTime tell_latency();
  /// Brings it up to date: what follows from the caps at once, what is measured when it changed by a quarter. True when
  /// a live pipeline goes by another one and must be told to ask again.
  bool update_latency();

 private:
  mutable std::mutex mutex_;
  guint64 held_frames_ = 0;
  GstClockTime frame_duration_ = 0;
  bool measure_duration_ = true;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  GstClockTime inference_ = 0;  // recent peak
  GstClockTime held_latency_ = 0, inference_latency_ = 0;
  GstClockTime told_ = GST_CLOCK_TIME_NONE;  // what a live pipeline goes by; outlives the stream, as it does there
  GstClockTime earliest_ = GST_CLOCK_TIME_NONE;
  bool live_ = false;
  GstClockTimeDiff least_lag_ = G_MAXINT64;  // lag that is not our doing: what the source and elements before us cost
};

}  // namespace gstvcl
