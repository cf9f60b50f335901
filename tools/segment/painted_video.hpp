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

/// The branch of a pipeline that writes its painted frames and the input's sound into a video file.
class PaintedVideo {
 public:
  /// Looks for the input's sound. Throws Error when the format of `path` is unknown, or does not take the codec.
  /// `is_part`: the frames are a range of the input's, and the sound waits until begin() tells where it begins.
  PaintedVideo(const std::string& path, const VideoCoding& coding, const Input& input, bool is_part);
  ~PaintedVideo();
  PaintedVideo(const PaintedVideo&) = delete;
  PaintedVideo& operator=(const PaintedVideo&) = delete;

  /// gst-launch text from a queue `video_queue` to `filesink name=video_file`.
  std::string describe() const;
  /// Completes the branch in the pipeline that was made of the description. The frames come from the element "input"
  /// on, where a size that does not fit ends this branch with a warning. The pipeline must end before this object.
  /// `leaves_out_words`: what the input says of itself (tags, chapters) is not written.
  void complete(GstElement* pipeline, bool leaves_out_words);
  /// `time`: running time in the input of the first frame; none: there is none.
  void begin(GstClockTime time);
  /// What the file lacks of the input, one thing each.
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
  bool reads_twice_;  ///< sound is read beside the frames
  VideoOutput output_;
  std::unique_ptr<Sound> sound_;
  std::string why_silent_;
  std::atomic<bool> misses_sound_ = false;
  GstElement* pipeline_ = nullptr;
  std::atomic<bool> is_refused_ = false;                                      // the frames do not fit
  GstClockTime last_ = GST_CLOCK_TIME_NONE, interval_ = GST_CLOCK_TIME_NONE;  // of the frames
  GstClockTime end_ = 0;                                                      // of the last one, in running time
  std::atomic<guint64> repeated_ = 0, left_out_ = 0;                          // for a constant rate
};

/// Tells the painted video, ahead of the end of the stream, that this is not the end of the input: its sound ends too.
GstEvent* make_early_end();

}  // namespace vcl
