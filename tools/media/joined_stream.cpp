// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/joined_stream.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "plugins/base/c_callback.hpp"
#include "tools/media/factory_name.hpp"

namespace vcl {
namespace {

constexpr double kFading = 0.9;  // per frame: one long interval is forgotten after a few dozen frames

}  // namespace

JoinedStream::JoinedStream(GstElement* source, GstPad* frames) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  incoming_ = segment_;
  g_signal_connect(source, "source-setup", G_CALLBACK(gstvcl::c_callback<keep_origin>), this);
  g_signal_connect(source, "deep-element-added", G_CALLBACK(gstvcl::c_callback<see_part>), this);
  const auto all = GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH;
  gst_pad_add_probe(frames, GstPadProbeType(all), gstvcl::c_callback<see>, this, nullptr);
}

JoinedStream::~JoinedStream() {
  gst_clear_object(&origin_);
}

void JoinedStream::keep_origin(GstElement*, GstElement* origin, gpointer self) {
  gst_object_replace(reinterpret_cast<GstObject**>(&static_cast<JoinedStream*>(self)->origin_), GST_OBJECT(origin));
}

void JoinedStream::see_part(GstBin*, GstBin*, GstElement* element, gpointer self) {
  const std::string_view name = factory_name(element);
  if (name == "multipartdemux" || name == "tsdemux") static_cast<JoinedStream*>(self)->is_camera_format_ = true;
}

void JoinedStream::begin_anew() {
  is_joined_ = is_first_ = true;
  has_ended_ = false;
  first_arrival_ = last_arrival_ = 0;
  gst_segment_init(&incoming_, GST_FORMAT_TIME);
}

GstPadProbeReturn JoinedStream::see(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<JoinedStream*>(data);
  return GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER
             ? self->see_frame(pad, info)
             : self->see_event(pad, GST_PAD_PROBE_INFO_EVENT(info));
}

bool JoinedStream::states_length() const {
  gint64 bytes = 0;
  return origin_ && gst_element_query_duration(origin_, GST_FORMAT_BYTES, &bytes) && bytes > 0;
}

void JoinedStream::find_end(GstPad* pad) {
  gint64 duration = 0;
  const bool has_duration = gst_pad_peer_query_duration(pad, GST_FORMAT_TIME, &duration) && duration > 0;
  const bool is_web_file = origin_ && is_from_web(origin_) && !is_camera_format_;
  is_endless_ = !has_duration && !states_length() && !is_web_file;
}

void JoinedStream::note_arrival(std::int64_t now) {
  const double interval = double(now - last_arrival_) * 1e-6;
  // The first interval is ignored, because two frames may come at once when a connection begins.
  if (last_arrival_ > 0 && intervals_++ > 0) longest_interval_ = std::max(interval, kFading * longest_interval_);
  if (first_arrival_ == 0) first_arrival_ = now;
  last_arrival_ = passed_at_ = now;
}

GstPadProbeReturn JoinedStream::see_frame(GstPad* pad, GstPadProbeInfo* info) {
  const std::int64_t now = g_get_monotonic_time();
  GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
  const GstClockTime time = gst_segment_to_running_time(&incoming_, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  if (!has_begun_) find_end(pad);
  if (is_joined_) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_PAD_PROBE_DROP;  // outside of its segment
    const auto passed = GstClockTime(now - passed_at_) * GST_USECOND;
    if (std::exchange(is_first_, false)) offset_ = last_ + passed - time;
    last_ = time + offset_;
    frame = gst_buffer_make_writable(frame);
    GST_BUFFER_PTS(frame) = gst_segment_position_from_running_time(&segment_, GST_FORMAT_TIME, last_);
    GST_BUFFER_DTS(frame) = GST_CLOCK_TIME_NONE;
    info->data = frame;
  } else if (GST_CLOCK_TIME_IS_VALID(time)) {
    last_ = time;
  }
  has_begun_ = true;
  note_arrival(now);
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn JoinedStream::see_event(GstPad* pad, GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &incoming_);
      if (is_joined_) return GST_PAD_PROBE_DROP;
      segment_ = incoming_;
      return GST_PAD_PROBE_OK;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      return has_begun_ && is_endless_ ? GST_PAD_PROBE_DROP
                                       : GST_PAD_PROBE_OK;  // they would restart the elements downstream
    case GST_EVENT_GAP:
      return is_joined_ ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;  // its times are those of its own connection
    case GST_EVENT_EOS:
      if (is_endless_) find_end(pad);  // a live stream may get its length when it ends
      if (!is_of_camera()) return GST_PAD_PROBE_OK;
      has_ended_ = true;
      return GST_PAD_PROBE_DROP;
    default:
      return GST_PAD_PROBE_OK;
  }
}

bool is_from_web(GstElement* origin) {
  if (!GST_IS_URI_HANDLER(origin)) return false;
  g_autofree char* uri = gst_uri_handler_get_uri(GST_URI_HANDLER(origin));
  return uri && g_str_has_prefix(uri, "http");
}

}  // namespace vcl
