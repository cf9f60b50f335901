// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/painted_video.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <algorithm>
#include <filesystem>

#include "plugins/base/c_callback.hpp"
#include "support/outputs.hpp"
#include "tools/segment/pipeline_element.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr GstClockTime kUsualInterval = GST_SECOND / 30;
constexpr GstClockTime kLongestPause = 600 * GST_SECOND;  // maximum pause that is filled with repeated frames
constexpr const char* kEarlyEnd = "vcl-early-end";

/// Returns the caps of the video file. Its size is that of the first frame, made even because H.264 4:2:0 requires it,
/// and at least 16. Later frames of another size are scaled to it.
GstCaps* make_caps_of_file(GstCaps* first_frame, bool constant_rate) {
  GstVideoInfo video;
  gst_video_info_from_caps(&video, first_frame);
  const auto even = [](int size) { return std::max(16, size / 2 * 2); };
  GstCaps* caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                                      even(video.width), "height", G_TYPE_INT, even(video.height), "pixel-aspect-ratio",
                                      GST_TYPE_FRACTION, video.par_n, video.par_d, nullptr);
  if (constant_rate) gst_caps_set_simple(caps, "framerate", GST_TYPE_FRACTION, video.fps_n, video.fps_d, nullptr);
  return caps;
}

/// Drops titles, places, comments, cover pictures and chapters.
GstPadProbeReturn drop_words(GstPad*, GstPadProbeInfo* info, gpointer) {
  const GstEventType type = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info));
  return type == GST_EVENT_TAG || type == GST_EVENT_TOC ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/// Removes the file if it is empty. Pipes and devices are kept.
void remove_empty_file(const std::string& path) {
  std::error_code none;
  if (fs::is_regular_file(path, none) && fs::file_size(path, none) == 0) fs::remove(path, none);
}

/// Removes the end of the segment: videorate would repeat the last frame of a truncated video up to there. Takes the
/// event.
GstEvent* make_endless(GstEvent* event) {
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  segment.stop = GST_CLOCK_TIME_NONE;
  GstEvent* endless = gst_event_new_segment(&segment);
  gst_event_set_seqnum(endless, gst_event_get_seqnum(event));
  gst_event_unref(event);
  return endless;
}

/// Opens the file, which erases its old content. A run that fails before its first frame leaves it unchanged.
void open_file(GstElement* pipeline) {
  GstElement* file = find(pipeline, "video_file");
  gst_element_set_locked_state(file, FALSE);
  gst_element_sync_state_with_parent(file);
}

}  // namespace

PaintedVideo::PaintedVideo(const std::string& path, const VideoCoding& coding, const Input& input, bool is_part)
    : input_(input.name) {
  reads_twice_ = !input.images.empty() || fs::is_regular_file(input.path);
  if (input.images.empty() && reads_twice_) sound_ = std::make_unique<Sound>(input.uri);
  GstSample* sound = sound_ ? sound_->first() : nullptr;
  output_ = video_output_for(path, coding, sound);
  if (sound && !output_.takes_sound)
    why_silent_ = fmt::format("{} files cannot hold {}, .mkv files can", ending_of(path), sound_->codec());
  else if (sound_ && !sound_->fault().empty())
    why_silent_ = fmt::format("that of '{}' cannot be read: {}", input_, sound_->fault());
  if (output_.takes_sound && output_.constant_rate && sound_->begins_late()) {
    why_silent_ =
        fmt::format("that of '{}' begins later than the frames, which AVI cannot say; .mp4 and .mkv files can", input_);
    output_.takes_sound = false;
  }
  if (!output_.takes_sound) sound_.reset();
  if (sound_ && is_part) sound_->wait_for_start();
}

PaintedVideo::~PaintedVideo() {
  if (is_refused_) remove_empty_file(output_.path);
}

std::string PaintedVideo::describe() const {
  return fmt::format(
      "queue name=video_queue max-size-buffers=8 max-size-bytes=0 max-size-time=0"
      "  {} videoconvertscale name=video_entry add-borders=true ! capsfilter name=video_caps ! {}"
      " ! identity name=video_coded ! {} name=video_muxer ! filesink name=video_file async=false {}",
      output_.constant_rate ? "videorate name=video_rate !" : "", output_.encoder, output_.muxer,
      sound_ ? " appsrc name=sound" : "");
}

void PaintedVideo::complete(GstElement* pipeline, bool leaves_out_words) {
  pipeline_ = pipeline;
  g_object_set(find(pipeline, "video_file"), "location", output_.path.c_str(), nullptr);
  gst_element_set_locked_state(find(pipeline, "video_file"), TRUE);
  g_autoptr(GstPad) frames = gst_element_get_static_pad(find(pipeline, "input"), "src");
  gst_pad_add_probe(frames, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<refuse_misfit>, this, nullptr);
  if (leaves_out_words) {
    g_autoptr(GstPad) entry = gst_element_get_static_pad(find(pipeline, "video_queue"), "sink");
    gst_pad_add_probe(entry, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<drop_words>, nullptr, nullptr);
    if (sound_) sound_->leave_out_comments();
  }
  const auto buffers_and_events = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  g_autoptr(GstPad) painted = gst_element_get_static_pad(find(pipeline, "video_queue"), "src");
  gst_pad_add_probe(painted, buffers_and_events, gstvcl::c_callback<leave_out>, this, nullptr);
  gst_pad_add_probe(painted, buffers_and_events, gstvcl::c_callback<follow>, this, nullptr);
  gst_pad_add_probe(painted, buffers_and_events, gstvcl::c_callback<start>, this, nullptr);
  g_autoptr(GstPad) coded = gst_element_get_static_pad(find(pipeline, "video_coded"), "src");
  gst_pad_add_probe(coded, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<give_length>, this, nullptr);
  if (output_.constant_rate) {
    g_autoptr(GstPad) steady = gst_element_get_static_pad(find(pipeline, "video_rate"), "src");
    gst_pad_add_probe(steady, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<count_at_end>, this, nullptr);
  }
  if (!reads_twice_)
    g_signal_connect(find(pipeline, "source"), "autoplug-continue", G_CALLBACK(gstvcl::c_callback<note_sound>), this);
  if (!sound_) return;
  GstElement* packets = find(pipeline, "sound");
  sound_->play_into(GST_APP_SRC(packets));
  link_sound(packets, find(pipeline, "video_muxer"));
}

GstPadProbeReturn PaintedVideo::refuse_misfit(GstPad* pad, GstPadProbeInfo*, gpointer data) {
  auto* self = static_cast<PaintedVideo*>(data);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  try {
    check_fits(self->output_, caps);
  } catch (const Error& error) {
    self->is_refused_ = true;
    GST_ELEMENT_WARNING(find(self->pipeline_, "video_caps"), STREAM, FORMAT, ("%s", error.what()), (nullptr));
  }
  return GST_PAD_PROBE_REMOVE;
}

/// Drops all frames if they do not fit. EOS goes directly to the file, because the encoder has not started.
GstPadProbeReturn PaintedVideo::leave_out(GstPad*, GstPadProbeInfo* info, gpointer data) {
  const auto* self = static_cast<const PaintedVideo*>(data);
  if (!self->is_refused_) return GST_PAD_PROBE_OK;
  const bool is_frame = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER;
  if (!is_frame && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
    open_file(self->pipeline_);
    g_autoptr(GstPad) file = gst_element_get_static_pad(find(self->pipeline_, "video_file"), "sink");
    gst_pad_send_event(file, gst_event_new_eos());
  }
  return GST_PAD_PROBE_DROP;
}

/// Links the rest of the branch when the first frame arrives. The file's size is not known earlier, because a rotated
/// video announces its size before its rotation.
GstPadProbeReturn PaintedVideo::start(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  const auto* self = static_cast<const PaintedVideo*>(data);
  const bool is_frame = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER;
  if (!is_frame && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  if (is_frame) {
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    g_autoptr(GstCaps) of_file = make_caps_of_file(caps, self->output_.constant_rate);
    g_object_set(find(self->pipeline_, "video_caps"), "caps", of_file, nullptr);
  }
  open_file(self->pipeline_);
  g_autoptr(GstPad) entry = gst_element_get_static_pad(
      find(self->pipeline_, self->output_.constant_rate ? "video_rate" : "video_entry"), "sink");
  gst_pad_link(pad, entry);
  return GST_PAD_PROBE_REMOVE;
}

/// Tracks where the video ends. If the run ends before the input does, the sound ends there too.
GstPadProbeReturn PaintedVideo::follow(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<PaintedVideo*>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    const GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    const GstClockTime length = GST_BUFFER_DURATION_IS_VALID(frame) ? GST_BUFFER_DURATION(frame) : kUsualInterval;
    const GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
    if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_PAD_PROBE_OK;
    if (self->output_.constant_rate && time > self->end_ + kLongestPause) return self->refuse_pause();
    self->end_ = time + length;
    return GST_PAD_PROBE_OK;
  }
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (gst_event_has_name(event, kEarlyEnd) && self->sound_) self->sound_->end_at(self->end_);
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT && self->output_.constant_rate)
    GST_PAD_PROBE_INFO_DATA(info) = make_endless(event);
  return GST_PAD_PROBE_OK;
}

/// Refuses a long pause: filling it with repeated frames after a damaged time stamp would fill the disk.
GstPadProbeReturn PaintedVideo::refuse_pause() const {
  GST_ELEMENT_ERROR(find(pipeline_, "video_caps"), STREAM, FORMAT,
                    ("cannot write '%s': AVI wants a constant frame rate, and the input pauses for more than %u "
                     "minutes; choose .mp4, .mkv or .webm",
                     output_.path.c_str(), unsigned(kLongestPause / (60 * GST_SECOND))),
                    (nullptr));
  return GST_PAD_PROBE_DROP;
}

/// Gives a coded frame whose duration is missing or too short the shortest interval between two frames so far, because
/// the last frame of a file must have a duration.
GstPadProbeReturn PaintedVideo::give_length(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<PaintedVideo*>(data);
  GstBuffer* frame = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = frame;
  const GstClockTime time = GST_BUFFER_PTS(frame), length = GST_BUFFER_DURATION(frame);
  if (time > self->last_) self->interval_ = std::min(self->interval_, time - self->last_);
  self->last_ = time;
  if (length == GST_CLOCK_TIME_NONE || length < GST_MSECOND)
    GST_BUFFER_DURATION(frame) = self->interval_ == GST_CLOCK_TIME_NONE ? kUsualInterval : self->interval_;
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn PaintedVideo::count_at_end(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  auto* self = static_cast<PaintedVideo*>(data);
  guint64 repeated = 0, left_out = 0;
  g_object_get(GST_PAD_PARENT(pad), "duplicate", &repeated, "drop", &left_out, nullptr);
  self->repeated_ = repeated;
  self->left_out_ = left_out;
  return GST_PAD_PROBE_OK;
}

gboolean PaintedVideo::note_sound(GstElement*, GstPad*, GstCaps* caps, gpointer data) {
  if (g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "audio/"))
    static_cast<PaintedVideo*>(data)->misses_sound_ = true;
  return TRUE;
}

void PaintedVideo::begin(GstClockTime time) {
  if (!sound_) return;
  if (GST_CLOCK_TIME_IS_VALID(time))
    sound_->start_at(time);
  else
    sound_->end_at(0);
}

std::vector<std::string> PaintedVideo::notes() const {
  std::vector<std::string> notes;
  if (!why_silent_.empty()) notes.push_back(fmt::format("'{}' has no sound: {}", output_.path, why_silent_));
  if (sound_ && sound_->tracks() > 1)
    notes.push_back(fmt::format("'{}' has one of the {} sound tracks of '{}': the default or first one ({})",
                                output_.path, sound_->tracks(), input_, sound_->codec()));
  if (misses_sound_)
    notes.push_back(
        fmt::format("'{}' has no sound: '{}' is read only once, for the frames; save it as a file to keep the sound",
                    output_.path, input_));
  if (sound_ && !sound_->fault().empty())
    notes.push_back(fmt::format("the sound of '{}' ends early: that of '{}' cannot be read on: {}", output_.path,
                                input_, sound_->fault()));
  if (repeated_ + left_out_ > 0)
    notes.push_back(
        fmt::format("'{}' has a constant frame rate, as AVI wants: {} frames are repeated, {} left out; "
                    ".mp4, .mkv and .webm keep the time of each",
                    output_.path, repeated_.load(), left_out_.load()));
  return notes;
}

GstEvent* make_early_end() {
  return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty(kEarlyEnd));
}

}  // namespace vcl
