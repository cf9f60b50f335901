// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>

namespace vcl {

/// Makes one stream of the connections to a camera. The frames of a later connection keep the segment of the first one,
/// and come as much later as time passed between. The end of a connection does not end the stream, unless the input
/// states a length or a duration, and so is no camera.
class JoinedStream {
 public:
  /// At the pad behind `source`, a uridecodebin that has not started.
  JoinedStream(GstElement* source, GstPad* frames);
  ~JoinedStream();
  JoinedStream(const JoinedStream&) = delete;
  JoinedStream& operator=(const JoinedStream&) = delete;

  /// The next frame is the first one of another connection. Call it while the source is stopped.
  void begin_anew();
  /// Whether a frame came, and the input has neither a length nor a duration.
  bool is_of_camera() const { return is_endless_ && has_begun_; }
  /// Whether the source says how many bytes there are. Call it while the source runs.
  bool states_length() const;
  /// Whether the connection came to its end.
  bool has_ended() const { return has_ended_; }
  /// Monotonic times in microseconds of the first and last frame of this connection; 0: none came.
  std::int64_t first_arrival() const { return first_arrival_; }
  std::int64_t last_arrival() const { return last_arrival_; }
  /// The longest seconds between two of the latest frames; 0: unknown.
  double longest_interval() const { return longest_interval_; }

 private:
  static void keep_origin(GstElement* source, GstElement* origin, gpointer self);
  static GstPadProbeReturn see(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  GstPadProbeReturn see_frame(GstPad* pad, GstPadProbeInfo* info);
  GstPadProbeReturn see_event(GstPad* pad, GstEvent* event);
  void find_end(GstPad* pad);
  void note_arrival(std::int64_t now);

  GstElement* origin_ = nullptr;  // that reads from the network or the device
  GstSegment segment_, incoming_;
  bool is_joined_ = false, is_first_ = true;  // a later connection; no frame of it came
  GstClockTime last_ = 0;                     // running time of the last frame
  std::int64_t passed_at_ = 0;                // when that one came
  GstClockTime offset_ = 0;                   // from the running time of this connection to that of the stream; wraps
  int intervals_ = 0;
  std::atomic<bool> is_endless_ = false, has_begun_ = false, has_ended_ = false;
  std::atomic<std::int64_t> first_arrival_ = 0, last_arrival_ = 0;
  std::atomic<double> longest_interval_ = 0;
};

}  // namespace vcl
