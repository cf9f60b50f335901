// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/steady_times.hpp"

#include <gst/video/video.h>

#include "plugins/base/c_callback.hpp"

namespace vcl {
namespace {

constexpr GstClockTime kUsualLength = GST_SECOND / 25;  // as other programs suppose

GstClockTime length_of(const GstBuffer* frame, GstPad* pad) {
  if (GST_BUFFER_DURATION_IS_VALID(frame) && GST_BUFFER_DURATION(frame) > 0) return GST_BUFFER_DURATION(frame);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  GstVideoInfo info;
  if (!caps || !gst_video_info_from_caps(&info, caps) || info.fps_n <= 0) return kUsualLength;
  return gst_util_uint64_scale(GST_SECOND, guint64(info.fps_d), guint64(info.fps_n));
}

/// Running times.
struct Times {
  GstClockTime last = GST_CLOCK_TIME_NONE, next = 0;  // the least that the next one may have, if it has none
};

GstPadProbeReturn see_frame(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* times = static_cast<Times*>(data);
  GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
  g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  const GstSegment* segment = nullptr;
  if (event) gst_event_parse_segment(event, &segment);
  if (!segment || segment->format != GST_FORMAT_TIME) return GST_PAD_PROBE_OK;
  const GstClockTime length = length_of(frame, pad);
  GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  const bool has_time = GST_BUFFER_PTS_IS_VALID(frame);
  if (has_time && !GST_CLOCK_TIME_IS_VALID(time)) return GST_PAD_PROBE_OK;  // outside of the segment
  if (!has_time || (GST_CLOCK_TIME_IS_VALID(times->last) && time <= times->last)) {
    time = times->next;
    frame = gst_buffer_make_writable(frame);
    GST_BUFFER_PTS(frame) = gst_segment_position_from_running_time(segment, GST_FORMAT_TIME, time);
    GST_BUFFER_DURATION(frame) = length;
    info->data = frame;
  }
  times->last = time;
  times->next = time + length;
  return GST_PAD_PROBE_OK;
}

/// The segments here are those of the input; behind the link a range of it may have others.
void watch_source(GstPad*, GstPad* source, gpointer) {
  gst_pad_add_probe(source, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<see_frame>, new Times,
                    [](gpointer times) { delete static_cast<Times*>(times); });
}

}  // namespace

void steady_times(GstPad* entry) {
  g_signal_connect(entry, "linked", G_CALLBACK(gstvcl::c_callback<watch_source>), nullptr);
}

}  // namespace vcl
