// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vis-segment/session.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <tuple>

#include "common/element_error.hpp"
#include "common/frame_view.hpp"

namespace gstvcl {
namespace {

bool same_options(const vcl::EngineOptions& a, const vcl::EngineOptions& b) {
  return std::tie(a.model, a.device, a.threads, a.mode, a.window, a.stride) ==
         std::tie(b.model, b.device, b.threads, b.mode, b.window, b.stride);
}

/// A copy of a buffer that its pool may miss; takes the buffer.
GstBuffer* detached(GstBuffer* buffer) {
  GstBuffer* copy = gst_buffer_copy_deep(buffer);
  gst_buffer_unref(buffer);
  return copy;
}

}  // namespace

bool Session::open() {
  try {
    vcl::EngineOptions options;
    {
      std::lock_guard lock(shared_.mutex);
      options = shared_.settings.engine;
    }
    if (!engine_ || !same_options(options, opened_)) {
      engine_.reset();  // never two models in memory
      engine_ = vcl::open_engine(options);
      opened_ = options;
    }
    shared_.pace.reset(int(held_frames()));
    return true;
  } catch (...) {
    post_current_exception(element_);
    return false;
  }
}

void Session::close() {
  engine_.reset();
}

void Session::forget() {
  flush();
  info_.reset();
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  shared_.pace.reset(int(held_frames()));
  std::lock_guard lock(shared_.mutex);
  shared_.stats = {};
}

bool Session::has_caps(const GstCaps* caps) const {
  GstVideoInfo info;
  return info_ && gst_video_info_from_caps(&info, caps) && gst_video_info_is_equal(&info, &*info_);
}

bool Session::set_caps(const GstCaps* caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return false;
  info_ = info;
  const gint numerator = GST_VIDEO_INFO_FPS_N(&info), denominator = GST_VIDEO_INFO_FPS_D(&info);
  shared_.pace.set_frame_duration(numerator > 0 ? gst_util_uint64_scale_int(GST_SECOND, denominator, numerator)
                                                : GST_CLOCK_TIME_NONE);
  tell_latency();
  return true;
}

GstFlowReturn Session::push(GstBuffer* buffer) {
  if (!info_ || !engine_) {
    gst_buffer_unref(buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (timeline_.starts_anew(buffer)) {
    if (const GstFlowReturn flow = drain(); flow != GST_FLOW_OK) {
      gst_buffer_unref(buffer);
      return flow;
    }
  }
  timeline_.frame_arrived(buffer);
  if (holds_all() && buffer->pool) buffer = detached(buffer);
  pending_.push_back(GST_MINI_OBJECT_CAST(buffer));
  try {
    const auto results = infer(buffer);
    tell_latency();
    const GstFlowReturn flow = emit(results);
    if (flow < GST_FLOW_EOS) flush();  // an error: nobody downstream wants the rest at EOS
    return flow;
  } catch (...) {
    post_current_exception(element_);
    clear_pending();
    return GST_FLOW_ERROR;
  }
}

GstFlowReturn Session::drain() {
  if (!timeline_.active() || !engine_) return GST_FLOW_OK;
  timeline_.restart();
  try {
    const GstFlowReturn flow = emit(engine_->drain());
    attacher_.restart();
    if (!pending_.empty()) throw std::logic_error("The engine returned fewer results than it was given frames.");
    return flow;
  } catch (...) {
    post_current_exception(element_);
    clear_pending();
    return GST_FLOW_ERROR;
  }
}

void Session::flush() {
  clear_pending();
  timeline_.restart();
  attacher_.restart();
  shared_.pace.flush();
  try {
    if (engine_) engine_->reset();
  } catch (...) {
    post_current_exception(element_);
  }
}

std::vector<vcl::FrameResult> Session::infer(GstBuffer* buffer) {
  Settings settings;
  {
    std::lock_guard lock(shared_.mutex);
    settings = shared_.settings;
  }
  engine_->set_filters(settings.filters);
  const bool wanted = timeline_.wants_inference(buffer, segment_, settings.interval);
  const std::int64_t pts = GST_BUFFER_PTS_IS_VALID(buffer) ? std::int64_t(GST_BUFFER_PTS(buffer)) : -1;

  const MappedFrame frame(buffer, *info_);
  const auto start = std::chrono::steady_clock::now();
  auto results = engine_->push(frame.view(), pts, wanted);
  const auto took = GstClockTime(std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());

  if (wanted) shared_.pace.inference_took(took);
  std::lock_guard lock(shared_.mutex);
  ++shared_.stats.frames;
  if (wanted) {
    ++shared_.stats.inferences;
    shared_.stats.inference_time += took;
  }
  return results;
}

GstFlowReturn Session::emit(const std::vector<vcl::FrameResult>& results) {
  GstFlowReturn flow = GST_FLOW_OK;
  for (const vcl::FrameResult& result : results) {
    GstBuffer* buffer = gst_buffer_make_writable(next_buffer());
    AttachSettings settings;
    {
      std::lock_guard lock(shared_.mutex);
      settings = shared_.settings.attach;
      shared_.stats.stale += result.stale;
      shared_.stats.tracks += guint64(std::ranges::count_if(result.instances, &vcl::Instance::is_new));
    }
    attacher_.attach(buffer, result, settings, running_time_of(buffer, segment_));
    if (flow == GST_FLOW_OK)
      flow = gst_pad_push(srcpad_, buffer);
    else
      gst_buffer_unref(buffer);
  }
  push_leading_events();
  return flow;
}

GstBuffer* Session::next_buffer() {
  push_leading_events();
  if (pending_.empty()) throw std::logic_error("The engine returned more results than it was given frames.");
  GstBuffer* buffer = GST_BUFFER_CAST(pending_.front());
  pending_.pop_front();
  return buffer;
}

void Session::push_leading_events() {
  while (!pending_.empty() && GST_IS_EVENT(pending_.front())) {
    GstEvent* event = GST_EVENT_CAST(pending_.front());
    pending_.pop_front();
    gst_pad_push_event(srcpad_, event);
  }
}

void Session::clear_pending() {
  for (GstMiniObject* item : pending_) {
    // Sticky events outlive a flush: downstream still gets them with the next buffer.
    if (GST_IS_EVENT(item) && (gst_event_type_get_flags(GST_EVENT_TYPE(item)) & GST_EVENT_TYPE_STICKY))
      gst_pad_store_sticky_event(srcpad_, GST_EVENT_CAST(item));
    gst_mini_object_unref(item);
  }
  pending_.clear();
}

void Session::tell_latency() {
  if (shared_.pace.update_latency()) gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT(element_)));
}

}  // namespace gstvcl
