// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>

namespace vcl {

/// Joins the connections to a camera into one stream. Frames of later connections are in the segment of the first one,
/// and their times include the time that passed in between. The end of a connection does not end the stream, unless the
/// input is not a camera: it states a length or a duration, or is a file from a web server that states neither.
class JoinedStream {
 public:
  /// Works on `frames`, a pad downstream of `source`, a uridecodebin that has not started.
  JoinedStream(GstElement* source, GstPad* frames);
  ~JoinedStream();
  JoinedStream(const JoinedStream&) = delete;
  JoinedStream& operator=(const JoinedStream&) = delete;

  /// Makes the next frame the first one of another connection. Call it while the source is stopped.
  void begin_anew();
  /// Returns whether a frame came and the input is a camera.
  bool is_of_camera() const { return is_endless_ && has_begun_; }
  /// Returns whether the source knows its length in bytes. Call it while the source runs.
  bool states_length() const;
  /// Returns whether the connection ended.
  bool has_ended() const { return has_ended_; }
  /// Returns the monotonic time of the first or last frame of this connection, in microseconds; 0: no frame came.
  std::int64_t first_arrival() const { return first_arrival_; }
  std::int64_t last_arrival() const { return last_arrival_; }
  /// Returns the longest recent interval between frames, in seconds; 0: unknown.
  double longest_interval() const { return longest_interval_; }

 private:
  static void keep_origin(GstElement* source, GstElement* origin, gpointer self);
  static void see_part(GstBin* source, GstBin* parent, GstElement* element, gpointer self);
  static GstPadProbeReturn see(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  GstPadProbeReturn see_frame(GstPad* pad, GstPadProbeInfo* info);
  GstPadProbeReturn see_event(GstPad* pad, GstEvent* event);
  void find_end(GstPad* pad);
  void note_arrival(std::int64_t now);

  GstElement* origin_ = nullptr;  // the element that reads from the network or the device
  GstSegment segment_, incoming_;
  bool is_joined_ = false, is_first_ = true;  // this is a later connection; none of its frames came yet
  GstClockTime last_ = 0;                     // running time of the last frame
  std::int64_t passed_at_ = 0;                // its arrival, in microseconds of the monotonic clock
  GstClockTime offset_ = 0;                   // added to running times of this connection; may wrap
  int intervals_ = 0;
  std::atomic<bool> is_camera_format_ = false;  // cameras send Motion JPEG or MPEG-TS over HTTP, files any container
  std::atomic<bool> is_endless_ = false, has_begun_ = false, has_ended_ = false;
  std::atomic<std::int64_t> first_arrival_ = 0, last_arrival_ = 0;
  std::atomic<double> longest_interval_ = 0;
};

/// Returns whether the source element reads from a web server.
bool is_from_web(GstElement* origin);

}  // namespace vcl
