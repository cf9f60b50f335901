// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tools/media/joined_stream.hpp"

namespace vcl {

constexpr double kUsualReconnect = 86'400;

/// How long a camera is waited for, in seconds.
struct CameraPatience {
  std::optional<double> silence;       ///< without a frame; none: by the intervals between its frames
  double reconnect = kUsualReconnect;  ///< from the last frame on, with tries to connect; 0: none
};

/// Connects a camera anew that goes away, sends an error or freezes, with growing pauses, and tells so on standard
/// error. Only the main loop's thread calls it. It leaves inputs alone whose first connection gives no frame, and those
/// that state a length.
class Camera {
 public:
  /// `name`: for messages. `source`: a uridecodebin in a pipeline that has not started, linked to `frames` by
  /// link_video_track. `queue`: where the frames wait for who needs them.
  Camera(std::string name, GstElement* source, GstPad* frames, GstElement* queue, const CameraPatience& patience,
         bool quiet);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /// Whether the input proved to be one.
  bool is_one() const { return stream_.is_of_camera(); }
  /// Takes an error of the source. False: it ends the run.
  bool break_off(const std::string& why);
  /// Looks after the connection; call it often.
  void look();
  /// Empty, or why the run is over: nothing comes any more.
  const std::string& failure() const { return failure_; }

 private:
  static void prepare(GstElement* source, GstElement* origin, gpointer self);

  static void mend_parts(GstBin* source, GstBin* parent, GstElement* element, gpointer self);
  static void watch_parts(GstElement* demuxer, GstPad* pad, gpointer self);
  static GstPadProbeReturn stamp_part(GstPad* pad, GstPadProbeInfo* info, gpointer times);

  double longest_silence() const;
  bool is_queue_full() const;
  void note_return();
  void look_for_frames(std::int64_t now);
  void connect(std::int64_t now);

  const std::string name_;
  GstElement *source_, *queue_;
  const CameraPatience patience_;
  const bool quiet_;
  JoinedStream stream_;
  std::string failure_;
  double pause_ = 0;             // seconds before the latest try
  std::int64_t quiet_since_;     // when the connection began, or the latest frame came or waited
  std::int64_t gone_since_ = 0;  // since the last frame before an outage; 0: there is none
  std::int64_t next_try_ = 0;    // 0: it is connected, or connects
};

/// The pause before the next try to connect, in seconds: 1, 2, 4 ... 30.
double longer_pause(double pause);

}  // namespace vcl
