// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <algorithm>
#include <atomic>

namespace gstvcl {

/// The duration of a stream's frames and of inference. One thread writes, any thread reads.
class FrameTimes {
 public:
  /// The longest plausible frame. Caps may state years, and timestamps may jump.
  static constexpr GstClockTime kLongestFrame = 3600 * GST_SECOND;

  /// Clears the state of the stream.
  void reset();
  /// Announces that the next frame does not follow in time (flush, seek).
  void flush() { last_pts_ = GST_CLOCK_TIME_NONE; }

  /// Sets the frame duration from the caps. Without a frame rate it is measured from timestamps.
  void set_caps(const GstVideoInfo& info);
  void frame_arrived(GstClockTime pts);
  void inference_took(GstClockTime time) { inference_ = std::max(time, inference_ - inference_ / 32); }

  /// Returns the frame duration, 0 while it is unknown.
  GstClockTime frame() const { return frame_; }
  /// Returns whether frame() comes from timestamps, which jitter.
  bool is_measured() const { return measured_; }
  /// Returns the recent peak of the inference time.
  GstClockTime inference() const { return inference_; }

 private:
  std::atomic<GstClockTime> frame_ = 0, inference_ = 0;
  bool measured_ = true;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
};

}  // namespace gstvcl
