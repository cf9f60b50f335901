// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/session.hpp"

#include <algorithm>
#include <stdexcept>

#include "plugins/base/element_error.hpp"
#include "plugins/base/frame_view.hpp"
#include "vcl/error.hpp"

namespace gstvcl {

void Session::open() {
  now_ = shared_.settings.get();
  for (const std::string& refusal : {now_.look.bad_region, now_.look.bad_mask})
    if (!refusal.empty()) throw vcl::Error(vcl::ErrorKind::Invalid, refusal);
  if (!engine_ || now_.engine != opened_) {
    engine_.reset();  // never two models in memory
    engine_ = std::make_unique<vcl::RegionEngine>(vcl::open_engine(now_.engine));
    opened_ = now_.engine;
    looks_at_.reset();
  }
  forget_times();
}

void Session::close() {
  engine_.reset();
}

void Session::set_segment(const GstSegment& segment) {
  segment_ = segment;
  timeline_.segment_began();
}

void Session::forget() {
  flush();
  info_.reset();
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  stats_posted_ = 0;
  forget_times();
  shared_.stats.change([](Stats& stats) { stats = {}; });
  shared_.warned_of_whole = false;
}

bool Session::set_caps(const GstCaps* caps) {
  GstVideoInfo info;
  const bool usable = gst_video_info_from_caps(&info, caps);
  const bool same_size = usable && info_ && info.width == info_->width && info.height == info_->height;
  if (!same_size) drain();
  if (!usable) return false;
  if (info_ && gst_video_info_is_equal(&info, &*info_)) return true;
  info_ = info;
  shared_.times.set_caps(info);
  tell_latency();
  return true;
}

GstFlowReturn Session::push(GstBuffer* buffer) {
  HeldFrames::Frame frame{BufferPtr(buffer), g_get_monotonic_time(), running_time_of(buffer, segment_)};
  if (!info_ || !engine_) return GST_FLOW_NOT_NEGOTIATED;
  now_ = shared_.settings.get();
  if (timeline_.starts_anew(buffer, segment_))
    if (const GstFlowReturn flow = drain(); flow != GST_FLOW_OK) return flow;
  try {
    if (const GstFlowReturn flow = apply_region(); flow != GST_FLOW_OK) return flow;
    timeline_.frame_arrived(buffer, segment_);
    const GstFlowReturn flow = take(std::move(frame));
    if (flow < GST_FLOW_EOS) flush();  // after an error, downstream does not want the rest at EOS
    return flow;
  } catch (...) {
    post_current_exception(GST_OBJECT(element_));
    flush();
    return GST_FLOW_ERROR;
  }
}

GstFlowReturn Session::apply_region() {
  const std::shared_ptr<const vcl::Region> where = now_.look.where;
  if (where == looks_at_) return GST_FLOW_OK;
  const GstFlowReturn flow = drain();
  if (flow != GST_FLOW_OK) return flow;
  engine_->look_at(where);
  looks_at_ = where;
  return GST_FLOW_OK;
}

GstFlowReturn Session::take(HeldFrames::Frame frame) {
  const auto results = infer(frame.buffer.get());
  if (holds_all())
    held_.push_copy(std::move(frame));
  else
    held_.push(std::move(frame));
  tell_latency();
  const GstFlowReturn flow = emit(results);
  post_stats_each_second();
  return flow;
}

GstFlowReturn Session::drain() {
  if (!timeline_.active() || !engine_) return GST_FLOW_OK;
  now_ = shared_.settings.get();
  timeline_.restart();
  try {
    const GstFlowReturn flow = emit(engine_->drain());
    attacher_.restart();
    if (!held_.empty()) throw std::logic_error("The engine returned fewer results than it was given frames.");
    return flow;
  } catch (...) {
    post_current_exception(GST_OBJECT(element_));
    flush();
    return GST_FLOW_ERROR;
  }
}

void Session::end_run() {
  drain();
  flush();
}

void Session::flush() {
  drop_frames();
  timeline_.forget();
  attacher_.restart();
  shared_.times.flush();
  shared_.lateness.flush();
  try {
    if (engine_) engine_->reset();
  } catch (...) {
    post_current_exception(GST_OBJECT(element_));
  }
}

guint64 Session::held_frames(const Settings& settings) const {
  if (!engine_ || holds_all()) return 0;
  return guint64(engine_->latency_frames()) * settings.interval;
}

std::vector<vcl::FrameResult> Session::infer(GstBuffer* buffer) {
  ++progress_.frames;
  vcl::Filters filters = now_.filters;
  filters.max_wait = int(std::min<guint64>(held_frames(now_), G_MAXINT));  // as the LATENCY answer promises
  engine_->set_filters(filters);
  const bool wanted = timeline_.wants_inference(buffer, segment_, now_.interval);
  const std::int64_t pts = GST_BUFFER_PTS_IS_VALID(buffer) ? std::int64_t(GST_BUFFER_PTS(buffer)) : -1;

  const MappedFrame frame(buffer, *info_);
  const gint64 start = g_get_monotonic_time();
  auto results = engine_->push(frame.view(), pts, wanted);
  if (wanted) {
    progress_.inference = GstClockTime(g_get_monotonic_time() - start) * GST_USECOND;
    shared_.times.inference_took(*progress_.inference);
  }
  return results;
}

GstFlowReturn Session::emit(const std::vector<vcl::FrameResult>& results) {
  GstFlowReturn flow = GST_FLOW_OK;
  for (const vcl::FrameResult& result : results) {
    push_leading_events();
    if (held_.empty()) throw std::logic_error("The engine returned more results than it was given frames.");
    if (flow == GST_FLOW_OK)
      flow = push_with(result);
    else
      held_.drop_frame();
  }
  push_leading_events();
  if (results.empty() || flow != GST_FLOW_OK) count();
  return flow;
}

GstFlowReturn Session::push_with(const vcl::FrameResult& result) {
  HeldFrames::Frame frame = held_.pop_frame();
  frame.buffer.reset(gst_buffer_make_writable(frame.buffer.release()));
  attacher_.attach(frame.buffer.get(), result, now_.attach, frame.running_time);
  count_out(result, frame.arrived);
  return gst_pad_push(srcpad_, frame.buffer.release());
}

void Session::count_out(const vcl::FrameResult& result, gint64 arrived) {
  progress_.stale = result.stale;
  progress_.tracks = guint64(std::ranges::count_if(result.instances, &vcl::Instance::is_new));
  progress_.frame_ms = double(g_get_monotonic_time() - arrived) / 1000;
  count();
  post_stats_each_second();
}

void Session::post_stats_each_second() {
  const gint64 now = g_get_monotonic_time();
  if (stats_posted_ == 0) stats_posted_ = now;
  if (now - stats_posted_ < G_USEC_PER_SEC) return;
  stats_posted_ = now;
  post_stats();
}

void Session::post_stats() {
  GstStructure* stats = shared_.stats.get().to_structure();
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), stats));
}

void Session::push_leading_events() {
  while (held_.starts_with_event()) gst_pad_push_event(srcpad_, held_.pop_event());
}

void Session::drop_frames() {
  for (GstEvent* event : held_.clear()) {
    // Sticky events survive a flush: downstream gets them with the next buffer.
    if (gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_STICKY)
      gst_pad_store_sticky_event(srcpad_, event);
    gst_event_unref(event);
  }
  count();
}

void Session::count() {
  shared_.stats.change([this](Stats& stats) { stats.add(progress_, held_.frames()); });
  progress_ = {};
}

void Session::forget_times() {
  shared_.times.reset();
  shared_.lateness.reset();
  shared_.latency.reset();
}

void Session::tell_latency() {
  if (shared_.latency.update(held_frames(now_)))
    gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT(element_)));
}

}  // namespace gstvcl
