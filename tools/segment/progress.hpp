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

/// Counts the frames that go into the segmenting element and those that leave it, and tells people about it on standard
/// error.
class Progress {
 public:
  struct Part {
    GstClockTime start = 0, end = GST_CLOCK_TIME_NONE;
  };

  /// Watches the pads that frames enter and leave by. `expected_frames` 0: unknown, then time left comes from the
  /// stream's duration. `whole`: no frame leaves before the last one came, so that these are two phases.
  /// `part` of the stream is done.
  Progress(GstPad* in, GstPad* out, std::size_t expected_frames, bool whole, Part part);

  /// Whether there is something to tell.
  bool started() const { return (whole_ ? read_ : written_).frames > 0; }
  std::uint64_t frames() const { return written_.frames; }
  std::size_t tracks() const;
  /// Nanoseconds of the video that are done.
  GstClockTime position() const { return written_.position; }
  /// One line that overwrites itself: for a terminal. The element knows the duration of the video.
  void print_line(GstElement* element) const;
  static void clear_line();
  /// Frames, tracks, frames per second.
  void print_summary() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Count {
    std::atomic<std::uint64_t> frames = 0;
    std::atomic<GstClockTime> position = 0;
    std::atomic<Clock::time_point> start = Clock::now();

    void add(const GstBuffer* buffer);
    double seconds() const;
    /// Frames, their rate and, when `done` (0 to 1) is known, what is left.
    std::string describe(double done) const;
  };

  static GstPadProbeReturn watch_in(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn watch_out(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  std::string line(GstElement* element) const;
  /// How much of the video a count has seen, 0 to 1; 0 while unknown.
  double share_of_video(const Count& count, GstElement* element) const;

  const std::size_t expected_frames_;
  const bool whole_;
  const Part part_;
  Count read_, written_;
  std::atomic<bool> read_all_ = false;
  mutable std::mutex mutex_;
  std::set<std::uint64_t> tracks_;  // guarded by mutex_
};

}  // namespace vcl
