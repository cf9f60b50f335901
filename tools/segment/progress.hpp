// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

namespace vcl {

/// Counts the frames that enter and leave the segmenting element, and prints progress to standard error.
class Progress {
 public:
  struct Part {
    GstClockTime start = 0, end = GST_CLOCK_TIME_NONE;
  };

  /// Watches the pads where frames enter and leave. `expected_frames` is 0 if unknown; the time left then comes from
  /// the duration of the stream. `whole` means that no frame leaves before the last one has entered, so there are two
  /// phases. `part` is the part of the stream that is processed.
  Progress(GstPad* in, GstPad* out, std::size_t expected_frames, bool whole, Part part);

  /// Returns whether there is progress to print.
  bool started() const { return (whole_ ? read_ : written_).frames > 0; }
  std::uint64_t frames() const { return written_.frames; }
  std::size_t tracks() const;
  /// Returns how many nanoseconds of the video are done.
  GstClockTime position() const { return written_.position; }
  /// Prints one line that overwrites itself, for a terminal. The duration of the video is queried from the element.
  void print_line(GstElement* element) const;
  static void clear_line();
  /// Prints the number of frames and tracks, and the frame rate.
  void print_summary() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Count {
    std::atomic<std::uint64_t> frames = 0;
    std::atomic<GstClockTime> position = 0;
    std::atomic<Clock::time_point> start = Clock::now();

    void add(const GstBuffer* buffer);
    double seconds() const;
    /// Returns the number of frames, their rate and, if `done` (0 to 1) is known, the time left.
    std::string describe(double done) const;
  };

  static GstPadProbeReturn watch_in(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn watch_out(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  std::string line(GstElement* element) const;
  /// Returns the share of the video that a count covers, 0 to 1. It is 0 if unknown.
  double share_of_video(const Count& count, GstElement* element) const;

  const std::size_t expected_frames_;
  const bool whole_;
  const Part part_;
  Count read_, written_;
  std::atomic<bool> read_all_ = false;
  mutable std::mutex mutex_;
  std::set<std::uint64_t> tracks_;  // protected by mutex_
};

}  // namespace vcl
