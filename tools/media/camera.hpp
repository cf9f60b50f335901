// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tools/media/joined_stream.hpp"

namespace vcl {

/// How long to wait for a camera, in seconds.
struct CameraPatience {
  std::optional<double> silence;  ///< without a frame; nullopt: depends on the intervals between its frames
  double reconnect = 86'400;      ///< of tries to connect, counted from the last frame; 0: no try
};

/// Reconnects a camera that goes away, sends an error or freezes, with growing pauses, and reports it on standard
/// error. Only the main loop's thread may call it. An input whose first connection gives no frame, or that states a
/// length, is not reconnected.
class Camera {
 public:
  /// `name` is for messages. `source` is a uridecodebin in a pipeline that has not started, linked to `frames` by
  /// link_video_track. `queue` holds the frames that wait for the segmentation.
  Camera(std::string name, GstElement* source, GstPad* frames, GstElement* queue, const CameraPatience& patience,
         bool quiet);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /// Returns whether the input is a camera that gave a frame (docs/media.md#cameras).
  bool is_one() const { return stream_.is_of_camera(); }
  /// Handles an error of the source. Returns false if the error must end the run.
  bool break_off(const std::string& why);
  /// Detects breaks and reconnects when it is time. Call it several times per second.
  void look();
  /// Returns why no more frames will come, or an empty string.
  const std::string& failure() const { return failure_; }

 private:
  static void prepare(GstElement* source, GstElement* origin, gpointer self);
  static void ask_for_clock(GstElement* source, GstElement* origin, gpointer);

  static void mend_parts(GstBin* source, GstBin* parent, GstElement* element, gpointer self);
  static void watch_parts(GstElement* demuxer, GstPad* pad, gpointer self);
  static GstPadProbeReturn stamp_part(GstPad* pad, GstPadProbeInfo* info, gpointer data);

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
  std::int64_t quiet_since_;     // the latest of: the connection began, a frame came, the queue was full
  std::int64_t gone_since_ = 0;  // time of the last frame before the present outage; 0: no outage
  std::int64_t next_try_ = 0;    // 0: connected or connecting
};

/// Returns the pause after `pause`, in seconds: 1, 2, 4 ... 30.
double longer_pause(double pause);

}  // namespace vcl
