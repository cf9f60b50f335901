// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>

namespace vcl {

/// Finds out whether all tracks of a file end well before the duration that it states, which is that of the longest
/// one. Demuxers of Matroska, AVI and FLV end there without a word where bytes are damaged.
class TrackEnds {
 public:
  /// `source`: decodes the input, has not started, and is over before this object.
  explicit TrackEnds(GstElement* source);
  TrackEnds(const TrackEnds&) = delete;
  TrackEnds& operator=(const TrackEnds&) = delete;

  /// After the end of the stream.
  bool are_early() const;

 private:
  static void watch_element(GstBin* source, GstBin* parent, GstElement* element, gpointer ends);
  static void watch_track(GstElement* demuxer, GstPad* pad, gpointer ends);
  static GstPadProbeReturn see(GstPad* pad, GstPadProbeInfo* info, gpointer data);

  std::atomic<GstClockTime> last_ = 0;  // time stamp of any track
  std::atomic<gint64> duration_ = 0;    // as stated
};

}  // namespace vcl
