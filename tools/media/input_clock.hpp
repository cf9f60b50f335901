// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

namespace vcl {

/// Makes the stream time of an input's video count from the earliest sample of any of its tracks, as players show it.
/// Containers with edit lists (MP4, MOV) say at which stream time each track begins, which may be late for all. In the
/// others tracks share one clock that may start anywhere, and the SEGMENT of GStreamer's demuxers is that of the sample
/// that they happened to meet first.
class InputClock {
 public:
  /// `source`: decodes the input, and outlives the clock's use. `video`: the pad at which the time is to be right; no
  /// time is known before frames pass it.
  InputClock(GstElement* source, GstPad* video);
  /// The segment with which the stream times are right. Waits as long as it takes until the beginning is known.
  GstSegment correct(const GstSegment& segment);
  InputClock(const InputClock&) = delete;
  InputClock& operator=(const InputClock&) = delete;

 private:
  static void watch_element(GstBin* source, GstBin* parent, GstElement* element, gpointer clock);
  static void watch_track(GstElement* demuxer, GstPad* pad, gpointer clock);
  static GstPadProbeReturn see_sample(GstPad* pad, GstPadProbeInfo* info, gpointer clock);
  static GstPadProbeReturn correct_segment(GstPad* pad, GstPadProbeInfo* info, gpointer clock);

  void set_first(GstPad* track, GstClockTime time);
  /// Waits for the first samples of all tracks; none where there is nothing to correct.
  std::optional<GstClockTime> origin();
  GstSegment counted_from(const GstSegment& segment, GstClockTime origin) const;

  std::atomic<bool> has_edit_lists_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<GstPad*, std::optional<GstClockTime>> first_;  // of each track; none: no sample yet
};

}  // namespace vcl
