// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/segment_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <exception>

#include "plugins/base/c_callback.hpp"
#include "support/stop_signal.hpp"

namespace vcl {
namespace {

struct Run {
  GstElement* pipeline;
  const SegmentOptions& options;
  const Input& input;
  const Progress& progress;
  const RangeGate* gate;
  Camera* camera;
  const std::function<void()>& before_exit;
  GMainLoop* loop = nullptr;
  std::string failure = {};
  std::string incomplete = {};  // message about an output that is incomplete
  bool interrupted = false;
  bool is_of_all = false;
  int ticks_without_work = 0;
  std::atomic<bool> has_sound = false, has_video = false, has_more = false;  // more: a stream that is neither video nor
                                                                             // pictures
};

std::string first_line(const char* text) {
  const std::string all = text;
  const std::size_t end = all.find('\n');
  return all.substr(0, end).substr(0, all.find_last_not_of(".\n", end) + 1);
}

bool is_inside(GstMessage* message, GstElement* pipeline, const char* name) {
  g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(pipeline), name);
  return element && (GST_MESSAGE_SRC(message) == GST_OBJECT(element) ||
                     gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(element)));
}

std::string cure_for_input(const GError* error) {
  if (error->domain == GST_STREAM_ERROR && error->code == GST_STREAM_ERROR_CODEC_NOT_FOUND)
    return "install gstreamer1.0-libav and gstreamer1.0-plugins-bad";
  if (error->domain == GST_CORE_ERROR && error->code == GST_CORE_ERROR_MISSING_PLUGIN)
    return "install gstreamer1.0-libav and gstreamer1.0-plugins-bad";
  if (error->domain == GST_STREAM_ERROR && error->code == GST_STREAM_ERROR_TYPE_NOT_FOUND)
    return "it is not a media file, or a damaged one";
  if (error->domain == GST_STREAM_ERROR && error->code == GST_STREAM_ERROR_WRONG_TYPE) return "name a video";
  if (error->domain == GST_RESOURCE_ERROR) return "check that it is there and may be read";
  return "the file is damaged or cut off; copy or download it again";
}

/// Returns whether the address could not be reached. Network sources report no more precise error.
bool is_unreachable(const Run& run, const GError* error) {
  return run.input.path.empty() && !g_str_has_prefix(run.input.uri.c_str(), "fd:") && !run.has_video && !run.has_more &&
         error->domain == GST_STREAM_ERROR && error->code == GST_STREAM_ERROR_FAILED;
}

std::string describe_error(const Run& run, GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::string what = first_line(error->message);
  if (run.has_sound && !run.has_video && run.progress.frames() == 0)
    return fmt::format("there is no video in '{}', only sound; name a video", run.input.name);
  if (is_inside(message, run.pipeline, "source") && run.input.images.empty() && is_unreachable(run, error))
    return fmt::format("'{}' cannot be reached; check the address and the network", run.input.name);
  if (what.starts_with("Failed to parse YUV4MPEG")) return refusal_of_yuv4mpeg(run.input.name);
  if (is_inside(message, run.pipeline, "source"))
    return run.input.images.empty()
               ? fmt::format("cannot read '{}': {}; {}", run.input.name, what, cure_for_input(error))
               : what;
  if (is_inside(message, run.pipeline, "video_file"))
    return fmt::format("cannot write '{}': {}; free space or choose another place", run.options.overlay, what);
  return what;
}

std::string describe_break(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  const bool is_vague = error->domain == GST_STREAM_ERROR && error->code == GST_STREAM_ERROR_FAILED;
  return is_vague ? "its data cannot be read" : first_line(error->message);
}

/// Returns whether the error would affect all other inputs too. Lack of memory is due to the frames of this input.
bool is_of_all(const Run& run, GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  if (error->domain == GST_LIBRARY_ERROR) return is_inside(message, run.pipeline, "segment");
  if (error->domain != GST_RESOURCE_ERROR) return false;
  if (is_inside(message, run.pipeline, "segment")) return error->code != GST_RESOURCE_ERROR_NO_SPACE_LEFT;
  return is_inside(message, run.pipeline, "export") || is_inside(message, run.pipeline, "video_file");
}

/// Ends the stream after what is already decoded, so everything downstream finishes its files.
void finish_early(GstElement* pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);  // after an error during the start, sinks wait in PAUSED
  gst_element_call_async(
      pipeline, [](GstElement* element, gpointer) { end_stream(element); }, nullptr, nullptr);
}

bool has_decoded_anything(GstElement* pipeline) {
  g_autoptr(GstElement) queue = gst_bin_get_by_name(GST_BIN(pipeline), "input");
  g_autoptr(GstPad) sink = gst_element_get_static_pad(queue, "sink");
  return gst_pad_has_current_caps(sink);
}

/// Whether an element sent it that the source of a camera has dropped since.
bool is_of_past(const Run& run, GstMessage* message) {
  return GST_MESSAGE_SRC(message) != GST_OBJECT(run.pipeline) &&
         !gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(run.pipeline));
}

/// Whether a camera takes it, or there is no need to.
bool is_left_to_camera(Run& run, GstMessage* message) {
  if (!run.camera || GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return false;
  if (is_of_past(run, message)) return true;
  return !run.interrupted && is_inside(message, run.pipeline, "source") &&
         run.camera->break_off(describe_break(message));
}

void take_message(Run& run, GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    g_main_loop_quit(run.loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING &&
             (is_inside(message, run.pipeline, "export") || is_inside(message, run.pipeline, "video_caps"))) {
    g_autoptr(GError) warning = nullptr;
    gst_message_parse_warning(message, &warning, nullptr);
    run.incomplete = first_line(warning->message);
  } else if ((run.gate && run.gate->has_ended() && is_inside(message, run.pipeline, "source")) ||
             is_left_to_camera(run, message)) {
    // Errors after the end of the range do not matter. After an error a camera is reconnected.
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    const bool first = run.failure.empty();
    if (first) run.failure = describe_error(run, message);
    if (first) run.is_of_all = is_of_all(run, message);
    if (first && is_inside(message, run.pipeline, "source") && has_decoded_anything(run.pipeline))
      finish_early(run.pipeline);
    else if (!is_inside(message, run.pipeline, "source") || first)
      g_main_loop_quit(run.loop);
  }
}

/// Returns whether a thread of the source runs or waits for data.
bool has_work(GstElement* source) {
  const auto look_at = [](const GValue* item, gpointer works) {
    const auto look_at_pad = [](GstElement*, GstPad* pad, gpointer found) -> gboolean {
      *static_cast<bool*>(found) |= gst_pad_get_task_state(pad) == GST_TASK_STARTED;
      return TRUE;
    };
    gst_element_foreach_pad(GST_ELEMENT(g_value_get_object(item)), look_at_pad, works);
  };
  bool works = false;
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(source));
  while (gst_iterator_foreach(elements, look_at, &works) == GST_ITERATOR_RESYNC) gst_iterator_resync(elements);
  gst_iterator_free(elements);
  return works;
}

/// Ends a run that hangs. A demuxer may fail while decodebin still links it; GStreamer 1.22 then loses the error, and
/// no data ever arrives.
void look_for_lost_error(Run& run) {
  constexpr int kEnough = 20;  // ticks, two seconds
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(run.pipeline), "source");
  const bool is_dead = !run.input.path.empty() && !has_decoded_anything(run.pipeline) && !has_work(source);
  run.ticks_without_work = is_dead ? run.ticks_without_work + 1 : 0;
  if (run.ticks_without_work < kEnough || !run.failure.empty()) return;
  run.failure =
      fmt::format("cannot read '{}': the file is damaged or cut off; copy or download it again", run.input.name);
  g_main_loop_quit(run.loop);
}

void look_for_interrupt(Run& run) {
  if (run.interrupted || !StopOnSignal::requested()) return;
  if (!has_decoded_anything(run.pipeline)) {
    if (run.before_exit) run.before_exit();
    fmt::print(stderr, "vcl: interrupted\n");
    _exit(1);
  }
  run.interrupted = true;
  if (!run.options.quiet) fmt::print(stderr, "\ninterrupted: finishing the files (again: give up)\n");
  finish_early(run.pipeline);
}

void look_after_camera(Run& run) {
  if (run.interrupted || !run.failure.empty() || (run.gate && run.gate->has_ended())) return;
  run.camera->look();
  run.failure = run.camera->failure();
  if (run.failure.empty()) return;
  if (has_decoded_anything(run.pipeline))
    finish_early(run.pipeline);
  else
    g_main_loop_quit(run.loop);
}

void on_tick(Run& run) {
  // A muxer may not be linked yet, or not know the duration, so the segmenting element is queried.
  g_autoptr(GstElement) segment = gst_bin_get_by_name(GST_BIN(run.pipeline), "segment");
  if (run.progress.started() && !run.interrupted) run.progress.print_line(segment);
}

gboolean note_stream(GstElement*, GstPad*, GstCaps* caps, gpointer data) {
  const char* type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  if (g_str_has_prefix(type, "audio/")) static_cast<Run*>(data)->has_sound = true;
  const bool is_video = g_str_has_prefix(type, "video/") || g_str_has_prefix(type, "image/");
  (is_video ? static_cast<Run*>(data)->has_video : static_cast<Run*>(data)->has_more) = true;
  return TRUE;
}

/// Returns whether the stream ended well before the duration that its file states, which means that it was cut off.
/// With sound or subtitles it returns false, because these may be longer than the video.
bool ended_early(const Run& run) {
  gint64 duration = 0;
  if (run.has_more || !run.input.images.empty()) return false;
  g_autoptr(GstElement) segment = gst_bin_get_by_name(GST_BIN(run.pipeline), "segment");
  if (!gst_element_query_duration(segment, GST_FORMAT_TIME, &duration)) return false;
  const GstClockTime position = run.gate ? run.gate->end() : run.progress.position();
  return position + GST_SECOND < GstClockTime(duration) && position < 0.9 * duration;
}

/// Calls `function` with the run. What it throws ends the run, because no exception may reach the main loop.
template <typename Function>
gboolean call_in_loop(gpointer data, const Function& function) noexcept {
  Run& run = *static_cast<Run*>(data);
  try {
    function(run);
  } catch (const std::exception& error) {
    if (run.failure.empty()) run.failure = error.what();
    g_main_loop_quit(run.loop);
  }
  return G_SOURCE_CONTINUE;
}

template <void (*function)(Run&)>
gboolean tick(gpointer data) {
  return call_in_loop(data, function);
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  return call_in_loop(data, [message](Run& run) { take_message(run, message); });
}

}  // namespace

void end_stream(GstElement* pipeline) {
  g_autoptr(GstElement) queue = gst_bin_get_by_name(GST_BIN(pipeline), "input");
  g_autoptr(GstPad) sink = gst_element_get_static_pad(queue, "sink");
  gst_pad_send_event(sink, make_early_end());
  gst_pad_send_event(sink, gst_event_new_eos());
}

RunEnd play_to_end(GstElement* pipeline, const SegmentOptions& options, const Input& input, const Progress& progress,
                   const RangeGate* gate, Camera* camera, const std::function<void()>& before_exit) {
  Run run{.pipeline = pipeline,
          .options = options,
          .input = input,
          .progress = progress,
          .gate = gate,
          .camera = camera,
          .before_exit = before_exit};
  run.loop = g_main_loop_new(nullptr, FALSE);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
  if (input.images.empty())
    g_signal_connect(source, "autoplug-continue", G_CALLBACK(gstvcl::c_callback<note_stream>), &run);
  const StopOnSignal stop_on_signal;
  const guint interrupt = g_timeout_add(50, tick<look_for_interrupt>, &run);
  const guint lost_error = input.images.empty() ? g_timeout_add(100, tick<look_for_lost_error>, &run) : 0;
  const guint camera_look = camera ? g_timeout_add(50, tick<look_after_camera>, &run) : 0;
  const bool shows_progress = !options.quiet && isatty(STDERR_FILENO);
  const guint progress_line = shows_progress ? g_timeout_add(100, tick<on_tick>, &run) : 0;

  if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    run.failure = message ? describe_error(run, message) : "the pipeline did not start; GST_DEBUG=3 tells more";
    run.is_of_all = message && is_of_all(run, message);
  } else {
    gst_bus_add_watch(bus, on_message, &run);
    g_main_loop_run(run.loop);
    gst_bus_remove_watch(bus);
  }

  if (shows_progress) {
    g_source_remove(progress_line);
    Progress::clear_line();
  }
  const bool had_enough = gate && gate->has_ended();  // the input after the end of the range does not matter
  const bool truncated =
      run.failure.empty() && !run.interrupted && !had_enough && (input.end == FileEnd::Cut || ended_early(run));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  g_source_remove(interrupt);
  if (lost_error) g_source_remove(lost_error);
  if (camera_look) g_source_remove(camera_look);
  g_main_loop_unref(run.loop);

  if (run.interrupted && run.failure.empty())
    return {fmt::format("interrupted after {} frames; the files hold these", progress.frames())};
  if (truncated)
    return {fmt::format("'{}' is cut off: only the {} frames that are there were done; copy or download it again",
                        input.name, progress.frames())};
  if (run.failure.empty() && input.end == FileEnd::Torn && !had_enough && !options.quiet)
    fmt::print(stderr, "note: '{}' ends inside a packet: it may be cut off\n", input.name);
  return {run.failure.empty() ? run.incomplete : run.failure, run.is_of_all};
}

}  // namespace vcl
