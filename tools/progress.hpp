// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>

namespace vcl {

/// Counts what leaves the segmenting element and tells people about it on standard error.
class Progress {
 public:
  /// Watches `pad`. `expected_frames` 0: unknown, then time left comes from the stream's duration.
  Progress(GstPad* pad, std::size_t expected_frames);

  std::uint64_t frames() const { return frames_; }
  /// Nanoseconds of the video that are done.
  GstClockTime position() const { return position_; }
  /// One line that overwrites itself: for a terminal.
  void print_line(GstElement* pipeline) const;
  static void clear_line();
  /// Frames, tracks, frames per second.
  void print_summary() const;

 private:
  static GstPadProbeReturn count(GstPad* pad, GstPadProbeInfo* info, gpointer progress);
  double seconds() const;

  const std::size_t expected_frames_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> frames_ = 0;
  std::atomic<GstClockTime> position_ = 0;
  mutable std::mutex mutex_;
  std::set<std::uint64_t> tracks_;  // guarded by mutex_
};

}  // namespace vcl
