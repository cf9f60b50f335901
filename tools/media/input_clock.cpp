// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/input_clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace vcl {
namespace {

/// Tracks whose first sample lies so far behind that of the video begin later than it anyway.
constexpr std::chrono::seconds kPatience{1};

bool is_demuxer_with_one_clock(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory) return false;
  const char* kind = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  const bool demuxes = kind && std::strstr(kind, "Demux") && !std::strstr(kind, "Adaptive");
  return demuxes && std::strcmp(GST_OBJECT_NAME(factory), "qtdemux") != 0;
}

bool is_shown_or_heard(GstPad* track) {
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(track);
  if (!caps || gst_caps_is_empty(caps)) return false;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* name = gst_structure_get_name(structure);
  return g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "audio/") || g_str_has_prefix(name, "image/");
}

/// The same running times; stream time counts from `origin`, which no sample precedes.
GstSegment counted_from(GstSegment segment, GstClockTime origin) {
  if (segment.start < origin) {
    segment.base += origin - segment.start;
    segment.start = origin;
  }
  segment.time = segment.start - origin;
  segment.position = std::max(segment.position, segment.start);
  return segment;
}

}  // namespace

InputClock::InputClock(GstElement* source, GstPad* video) {
  if (GST_IS_BIN(source)) g_signal_connect(source, "deep-element-added", G_CALLBACK(watch_element), this);
  gst_pad_add_probe(video, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, correct_segment, this, nullptr);
}

void InputClock::watch_element(GstBin*, GstBin*, GstElement* element, gpointer clock) {
  if (is_demuxer_with_one_clock(element)) g_signal_connect(element, "pad-added", G_CALLBACK(watch_track), clock);
}

void InputClock::watch_track(GstElement*, GstPad* pad, gpointer clock) {
  if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC || !is_shown_or_heard(pad)) return;
  auto* self = static_cast<InputClock*>(clock);
  {
    const std::lock_guard lock(self->mutex_);
    self->first_[pad];
  }
  const auto samples_and_events = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, samples_and_events, see_sample, self, nullptr);
}

GstPadProbeReturn InputClock::see_sample(GstPad* pad, GstPadProbeInfo* info, gpointer clock) {
  GstClockTime time = GST_CLOCK_TIME_NONE;
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
    time = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  static_cast<InputClock*>(clock)->set_first(pad, time);
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
  const std::optional<GstClockTime> origin = static_cast<InputClock*>(clock)->origin();
  if (!origin) return GST_PAD_PROBE_OK;
  segment = counted_from(segment, *origin);
  GstEvent* corrected = gst_event_new_segment(&segment);
  gst_event_set_seqnum(corrected, gst_event_get_seqnum(event));
  gst_event_unref(event);
  info->data = corrected;
  return GST_PAD_PROBE_OK;
}

}  // namespace vcl
