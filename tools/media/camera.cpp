// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/camera.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "plugins/base/c_callback.hpp"
#include "tools/media/factory_name.hpp"
#include "tools/media/video_track.hpp"

namespace vcl {
namespace {

constexpr double kFirstPause = 1, kLongestPause = 30;
constexpr double kSilence = 30;          // for a camera of at least one frame per 10 seconds
constexpr double kSilentIntervals = 3;   // for a slower one, times its longest recent interval
constexpr double kUnknownSilence = 180;  // before its third frame
constexpr guint kLongestTimeout = 3600;  // the maximum of souphttpsrc

std::int64_t microseconds(double seconds) {
  return std::int64_t(seconds * 1e6);
}

double seconds(std::int64_t microseconds) {
  return double(microseconds) * 1e-6;
}

/// Arrival times of pictures that have no time stamps.
struct PartTimes {
  std::int64_t begun_at = g_get_monotonic_time();
  GstClockTime next = 0;  // minimum for the next picture
};

/// Prints a line. On a terminal it first clears the progress line.
void say(const std::string& text) {
  fmt::print(stderr, "{}{}\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", text);
}

}  // namespace

double longer_pause(double pause) {
  return pause > 0 ? std::min(2 * pause, kLongestPause) : kFirstPause;
}

Camera::Camera(std::string name, GstElement* source, GstPad* frames, GstElement* queue, const CameraPatience& patience,
               bool quiet)
    : name_(std::move(name)),
      source_(GST_ELEMENT(gst_object_ref(source))),
      queue_(GST_ELEMENT(gst_object_ref(queue))),
      patience_(patience),
      quiet_(quiet),
      stream_(source, frames),
      quiet_since_(g_get_monotonic_time()) {
  g_signal_connect(source, "source-setup", G_CALLBACK(gstvcl::c_callback<prepare>), this);
  g_signal_connect(source, "source-setup", G_CALLBACK(gstvcl::c_callback<ask_for_clock>), nullptr);
  g_signal_connect(source, "deep-element-added", G_CALLBACK(gstvcl::c_callback<mend_parts>), this);
}

Camera::~Camera() {
  gst_object_unref(source_);
  gst_object_unref(queue_);
}

/// Raises the time limit of HTTP sources, which is too short for a camera of one frame per minute.
void Camera::prepare(GstElement*, GstElement* origin, gpointer self) {
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(origin), "timeout") || !is_from_web(origin)) return;
  const double limit = static_cast<Camera*>(self)->patience_.silence.value_or(kUnknownSilence);
  g_object_set(origin, "timeout", guint(std::clamp(limit + 1, 1.0, double(kLongestTimeout))), nullptr);
}

/// Lets RTSP sources attach the wall-clock time of the camera to its frames.
void Camera::ask_for_clock(GstElement*, GstElement* origin, gpointer) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(origin), "add-reference-timestamp-meta"))
    g_object_set(origin, "add-reference-timestamp-meta", TRUE, nullptr);
}

/// Mends the demuxer of Motion JPEG over HTTP, which waits for further tracks and gives its pictures no time stamps.
void Camera::mend_parts(GstBin*, GstBin*, GstElement* element, gpointer self) {
  if (factory_name(element) != "multipartdemux") return;
  g_object_set(element, "single-stream", TRUE, nullptr);
  g_signal_connect(element, "pad-added", G_CALLBACK(gstvcl::c_callback<watch_parts>), self);
}

void Camera::watch_parts(GstElement*, GstPad* pad, gpointer self) {
  if (static_cast<Camera*>(self)->stream_.states_length()) return;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<stamp_part>, new PartTimes,
                    [](gpointer times) { delete static_cast<PartTimes*>(times); });
}

/// Stamps pictures with their arrival times, at least a millisecond apart, because some containers count milliseconds.
GstPadProbeReturn Camera::stamp_part(GstPad*, GstPadProbeInfo* info, gpointer data) {
  PartTimes& times = *static_cast<PartTimes*>(data);
  const auto time = GstClockTime(g_get_monotonic_time() - times.begun_at) * GST_USECOND;
  times.next = std::max(time, times.next) + GST_MSECOND;
  GstBuffer* picture = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_BUFFER_PTS(picture) = times.next - GST_MSECOND;
  info->data = picture;
  return GST_PAD_PROBE_OK;
}

double Camera::longest_silence() const {
  if (patience_.silence) return *patience_.silence;
  const double longest = stream_.longest_interval();
  return longest > 0 ? std::max(kSilence, kSilentIntervals * longest) : kUnknownSilence;
}

bool Camera::is_queue_full() const {
  guint waiting = 0, most = 0;
  g_object_get(queue_, "current-level-buffers", &waiting, "max-size-buffers", &most, nullptr);
  return waiting >= most;
}

void Camera::look() {
  const std::int64_t now = g_get_monotonic_time();
  if (next_try_ > 0) {
    if (now >= next_try_) connect(now);
    return;
  }
  note_return();
  if (stream_.has_ended())
    break_off("its stream ended");
  else
    look_for_frames(now);
}

void Camera::note_return() {
  if (stream_.last_arrival() == 0 || gone_since_ == 0) return;
  if (!quiet_)
    say(fmt::format("note: '{}' is back after {:.0f} s", name_, seconds(stream_.first_arrival() - gone_since_)));
  gone_since_ = 0;
}

void Camera::look_for_frames(std::int64_t now) {
  // While the queue is full, the machine is slow and the camera is not silent.
  quiet_since_ = is_queue_full() ? now : std::max(quiet_since_, stream_.last_arrival());
  if (stream_.last_arrival() > 0 && !is_one()) return;
  const double limit = longest_silence();
  if (now - quiet_since_ < microseconds(limit)) return;
  const std::string why = fmt::format("no frame for {:g} s", limit);
  if (!break_off(why)) failure_ = fmt::format("'{}' sends nothing: {}; check that the camera is on", name_, why);
}

bool Camera::break_off(const std::string& why) {
  if (!is_one() || patience_.reconnect <= 0) {
    if (is_one() && failure_.empty()) failure_ = fmt::format("'{}' broke off: {}", name_, why);
    return false;
  }
  if (next_try_ > 0) return true;  // another error of the same connection
  note_return();
  const std::int64_t now = g_get_monotonic_time();
  const bool is_new = gone_since_ == 0;
  if (is_new) gone_since_ = stream_.last_arrival() > 0 ? stream_.last_arrival() : now;
  if (stream_.last_arrival() - stream_.first_arrival() >= microseconds(kLongestPause)) pause_ = 0;
  pause_ = longer_pause(pause_);
  next_try_ = now + microseconds(pause_);
  gst_element_set_locked_state(source_, TRUE);  // an interrupted pipeline must not start it
  gst_element_set_state(source_, GST_STATE_NULL);
  if (next_try_ - gone_since_ > microseconds(patience_.reconnect)) {
    failure_ = fmt::format("'{}' broke off and is not back after {:.0f} s: {}", name_, seconds(now - gone_since_), why);
    return true;
  }
  say(fmt::format("vcl: '{}' {}: {}; trying again in {:g} s", name_, is_new ? "broke off" : "is not back", why,
                  pause_));
  return true;
}

void Camera::connect(std::int64_t now) {
  next_try_ = 0;
  quiet_since_ = now;
  stream_.begin_anew();
  forget_tracks(source_);
  gst_element_set_locked_state(source_, FALSE);
  // A live pipeline that plays does not bring a child from PAUSED to PLAYING.
  g_object_set(source_, "async-handling", TRUE, nullptr);
  if (gst_element_set_state(source_, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) break_off("it cannot be opened");
}

}  // namespace vcl
