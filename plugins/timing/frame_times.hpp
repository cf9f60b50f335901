// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <algorithm>
#include <atomic>

namespace gstvcl {

/// How long a frame of a stream and its inference take. One thread writes, any thread reads.
class FrameTimes {
 public:
  /// Caps may say years and timestamps jump: what is longer is no frame.
  static constexpr GstClockTime kLongestFrame = 3600 * GST_SECOND;

  /// Forgets the stream.
  void reset();
  /// What comes next does not follow in time: flush, seek.
  void flush() { last_pts_ = GST_CLOCK_TIME_NONE; }

  /// Frame duration from the caps; without a frame rate it is measured from the timestamps.
  void set_caps(const GstVideoInfo& info);
  void frame_arrived(GstClockTime pts);
  void inference_took(GstClockTime time) { inference_ = std::max(time, inference_ - inference_ / 32); }

  /// 0 as long as it is unknown.
  GstClockTime frame() const { return frame_; }
  /// Whether frame() comes from timestamps, which tremble.
  bool is_measured() const { return measured_; }
  /// The recent peak.
  GstClockTime inference() const { return inference_; }

 private:
  std::atomic<GstClockTime> frame_ = 0, inference_ = 0;
  bool measured_ = true;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
};

}  // namespace gstvcl
