// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/input_clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "plugins/base/c_callback.hpp"
#include "tools/media/factory_name.hpp"

namespace vcl {
namespace {

/// Tracks whose first sample lies so far behind that of the video begin later than it anyway.
constexpr std::chrono::seconds kPatience{1};

bool is_demuxer(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory) return false;
  const char* kind = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  return kind && std::strstr(kind, "Demux") && !std::strstr(kind, "Adaptive");
}

bool is_shown_or_heard(GstPad* track) {
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(track);
  if (!caps || gst_caps_is_empty(caps)) return false;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* name = gst_structure_get_name(structure);
  return g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "audio/") || g_str_has_prefix(name, "image/");
}

/// Samples before an edit's start prepare decoders for it.
GstClockTime stream_time_of_first(GstPad* track, GstClockTime time) {
  g_autoptr(GstEvent) event = gst_pad_get_sticky_event(track, GST_EVENT_SEGMENT, 0);
  const GstSegment* segment = nullptr;
  if (event) gst_event_parse_segment(event, &segment);
  if (!segment || segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(time)) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_stream_time(segment, GST_FORMAT_TIME, std::max(time, segment->start));
}

}  // namespace

InputClock::InputClock(GstElement* source, GstPad* video) {
  if (GST_IS_BIN(source))
    g_signal_connect(source, "deep-element-added", G_CALLBACK(gstvcl::c_callback<watch_element>), this);
  gst_pad_add_probe(video, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<correct_segment>, this, nullptr);
}

void InputClock::watch_element(GstBin*, GstBin*, GstElement* element, gpointer clock) {
  if (!is_demuxer(element)) return;
  if (factory_name(element) == "qtdemux") static_cast<InputClock*>(clock)->has_edit_lists_ = true;
  g_signal_connect(element, "pad-added", G_CALLBACK(gstvcl::c_callback<watch_track>), clock);
}

void InputClock::watch_track(GstElement*, GstPad* pad, gpointer clock) {
  if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC || !is_shown_or_heard(pad)) return;
  auto* self = static_cast<InputClock*>(clock);
  {
    const std::lock_guard lock(self->mutex_);
    self->first_[pad];
  }
  const auto samples_and_events = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, samples_and_events, gstvcl::c_callback<see_sample>, self, nullptr);
}

GstPadProbeReturn InputClock::see_sample(GstPad* pad, GstPadProbeInfo* info, gpointer clock) {
  GstClockTime time = GST_CLOCK_TIME_NONE;
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) time = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  const bool is_event = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM;
  const bool is_end = is_event && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS;
  if (!GST_CLOCK_TIME_IS_VALID(time) && !is_end) return GST_PAD_PROBE_OK;  // headers, as of Vorbis, have none
  auto* self = static_cast<InputClock*>(clock);
  self->set_first(pad, self->has_edit_lists_ ? stream_time_of_first(pad, time) : time);
  return GST_PAD_PROBE_REMOVE;
}

void InputClock::set_first(GstPad* track, GstClockTime time) {
  const std::lock_guard lock(mutex_);
  first_[track] = time;
  changed_.notify_all();
}

std::optional<GstClockTime> InputClock::origin() {
  std::unique_lock lock(mutex_);
  const auto known = [](const auto& track) { return track.second.has_value(); };
  changed_.wait_for(lock, kPatience, [&] { return std::ranges::all_of(first_, known); });
  GstClockTime earliest = GST_CLOCK_TIME_NONE;
  for (const auto& [track, time] : first_) earliest = std::min(earliest, time.value_or(GST_CLOCK_TIME_NONE));
  return GST_CLOCK_TIME_IS_VALID(earliest) ? std::optional(earliest) : std::nullopt;
}

/// The same running times; stream time counts from `origin`, which no sample precedes.
GstSegment InputClock::counted_from(const GstSegment& segment, GstClockTime origin) const {
  GstSegment counted = segment;
  if (has_edit_lists_) {
    counted.time -= std::min<guint64>(origin, counted.time);
    return counted;
  }
  if (counted.start < origin) {
    counted.base += origin - counted.start;
    counted.start = origin;
  }
  counted.time = counted.start - origin;
  counted.position = std::max(counted.position, counted.start);
  return counted;
}

GstSegment InputClock::correct(const GstSegment& segment) {
  const std::optional<GstClockTime> start = origin();
  return start ? counted_from(segment, *start) : segment;
}

GstPadProbeReturn InputClock::correct_segment(GstPad*, GstPadProbeInfo* info, gpointer clock) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT) return GST_PAD_PROBE_OK;
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  if (segment.format != GST_FORMAT_TIME) return GST_PAD_PROBE_OK;
  auto* self = static_cast<InputClock*>(clock);
  const std::optional<GstClockTime> origin = self->origin();
  if (!origin) return GST_PAD_PROBE_OK;
  segment = self->counted_from(segment, *origin);
  GstEvent* corrected = gst_event_new_segment(&segment);
  gst_event_set_seqnum(corrected, gst_event_get_seqnum(event));
  gst_event_unref(event);
  info->data = corrected;
  return GST_PAD_PROBE_OK;
}

}  // namespace vcl
