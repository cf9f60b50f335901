// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/track_ends.hpp"

#include <algorithm>

#include "plugins/base/c_callback.hpp"
#include "tools/media/factory_name.hpp"

namespace vcl {
namespace {

constexpr double kEarly = 0.9;  // of the duration

}  // namespace

TrackEnds::TrackEnds(GstElement* source) {
  if (GST_IS_BIN(source))
    g_signal_connect(source, "deep-element-added", G_CALLBACK(gstvcl::c_callback<watch_element>), this);
}

void TrackEnds::watch_element(GstBin*, GstBin*, GstElement* element, gpointer ends) {
  const std::string_view name = factory_name(element);
  if (name == "matroskademux" || name == "avidemux" || name == "flvdemux")
    g_signal_connect(element, "pad-added", G_CALLBACK(gstvcl::c_callback<watch_track>), ends);
}

void TrackEnds::watch_track(GstElement*, GstPad* pad, gpointer ends) {
  const auto samples_and_events = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, samples_and_events, gstvcl::c_callback<see>, ends, nullptr);
}

GstPadProbeReturn TrackEnds::see(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<TrackEnds*>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    const GstBuffer* sample = GST_PAD_PROBE_INFO_BUFFER(info);
    const GstClockTime time = GST_BUFFER_PTS_IS_VALID(sample) ? GST_BUFFER_PTS(sample) : GST_BUFFER_DTS(sample);
    if (GST_CLOCK_TIME_IS_VALID(time)) self->last_ = std::max(self->last_.load(), time);
    return GST_PAD_PROBE_OK;
  }
  gint64 duration = 0;
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS &&
      gst_pad_query_duration(pad, GST_FORMAT_TIME, &duration))
    self->duration_ = duration;
  return GST_PAD_PROBE_OK;
}

bool TrackEnds::are_early() const {
  const auto last = double(last_), duration = double(duration_);
  return last + double(GST_SECOND) < duration && last < kEarly * duration;
}

}  // namespace vcl
