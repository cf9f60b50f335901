// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tools/media/input.hpp"
#include "tools/media/sound.hpp"
#include "tools/segment/video_output.hpp"

namespace vcl {

/// The branch of a pipeline that writes painted frames and the sound of the input into a video file.
class PaintedVideo {
 public:
  /// Looks for the sound of the input. Throws Error if the format of `path` is unknown or does not support the codec.
  /// If `is_part` is set, the frames are a range of the input, and the sound waits until begin() states where the range
  /// begins.
  PaintedVideo(const std::string& path, const VideoCoding& coding, const Input& input, bool is_part);
  ~PaintedVideo();
  PaintedVideo(const PaintedVideo&) = delete;
  PaintedVideo& operator=(const PaintedVideo&) = delete;

  /// Returns the gst-launch text from a queue `video_queue` to `filesink name=video_file`.
  std::string describe() const;
  /// Completes the branch in the pipeline that was made from the description. The frames come from the element "input".
  /// If their size does not fit, this branch ends with a warning. The pipeline must end before this object. If
  /// `leaves_out_words` is set, the input's tags and chapters are not written.
  void complete(GstElement* pipeline, bool leaves_out_words);
  /// `time` is the running time of the first frame in the input, or GST_CLOCK_TIME_NONE if there is no frame.
  void begin(GstClockTime time);
  /// Returns one note for each thing that the file lacks.
  std::vector<std::string> notes() const;

 private:
  static GstPadProbeReturn refuse_misfit(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn leave_out(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn start(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn follow(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn give_length(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn count_at_end(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static gboolean note_sound(GstElement* source, GstPad* pad, GstCaps* caps, gpointer data);

  GstPadProbeReturn refuse_pause() const;

  const std::string input_;
  bool reads_twice_;  ///< whether the sound is read separately from the frames
  VideoOutput output_;
  std::unique_ptr<Sound> sound_;
  std::string why_silent_;
  std::atomic<bool> misses_sound_ = false;
  GstElement* pipeline_ = nullptr;
  std::atomic<bool> is_refused_ = false;                                      // whether the frames do not fit
  GstClockTime last_ = GST_CLOCK_TIME_NONE, interval_ = GST_CLOCK_TIME_NONE;  // times of the coded frames
  GstClockTime end_ = 0;                                                      // end of the last frame, in running time
  std::atomic<guint64> repeated_ = 0, left_out_ = 0;                          // frames repeated or dropped for a
                                                                              // constant rate
};

/// Returns an event to send before EOS if the input does not end there. The sound of the painted video then ends too.
GstEvent* make_early_end();

}  // namespace vcl
