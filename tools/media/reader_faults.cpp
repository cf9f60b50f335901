// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/reader_faults.hpp"

#include <cstring>
#include <string>

#include "plugins/base/c_callback.hpp"
#include "tools/media/factory_name.hpp"
#include "tools/media/movie_index.hpp"

namespace vcl {
namespace {

constexpr int kMostReadsOfNothing = 100;  // a demuxer that knows the end asks for more a few times at most

struct Reading {
  GstPadGetRangeFunction read;
  int reads_of_nothing;
};

constexpr const char* kReading = "vcl-reading";

/// At the end of the file libav is told of 0 bytes, after which it goes on reading. An error it understands: the
/// demuxer ends the stream.
GstFlowReturn read_to_the_end(GstPad* pad, GstObject* parent, guint64 offset, guint length, GstBuffer** buffer) {
  auto* reading = static_cast<Reading*>(g_object_get_data(G_OBJECT(pad), kReading));
  const GstFlowReturn flow = reading->read(pad, parent, offset, length, buffer);
  if (flow != GST_FLOW_EOS) {
    reading->reads_of_nothing = 0;
    return flow;
  }
  return ++reading->reads_of_nothing < kMostReadsOfNothing ? flow : GST_FLOW_ERROR;
}

void watch_reading(GstPad*, GstPad* file, gpointer) {
  const GstPadGetRangeFunction read = GST_PAD_GETRANGEFUNC(file);
  if (!read || read == read_to_the_end) return;
  Reading* reading = g_new0(Reading, 1);
  reading->read = read;
  g_object_set_data_full(G_OBJECT(file), kReading, reading, g_free);
  gst_pad_set_getrange_function(file, read_to_the_end);
}

void end_endless_reading(GstElement* demuxer) {
  g_autoptr(GstPad) sink = gst_element_get_static_pad(demuxer, "sink");
  if (sink) g_signal_connect(sink, "linked", G_CALLBACK(gstvcl::c_callback<watch_reading>), nullptr);
}

struct Times {
  GstClockTime pts, duration;
};

GstPadProbeReturn note_times(GstPad*, GstPadProbeInfo* info, gpointer times) {
  const GstBuffer* coded = GST_PAD_PROBE_INFO_BUFFER(info);
  *static_cast<Times*>(times) = {GST_BUFFER_PTS(coded), GST_BUFFER_DURATION(coded)};
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn set_times(GstPad*, GstPadProbeInfo* info, gpointer times) {
  GstBuffer* frame = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_BUFFER_PTS(frame) = static_cast<Times*>(times)->pts;
  GST_BUFFER_DURATION(frame) = static_cast<Times*>(times)->duration;
  info->data = frame;
  return GST_PAD_PROBE_OK;
}

/// This decoder gives each frame at once, in the thread that brought it.
void stamp_frames(GstElement* decoder) {
  g_autoptr(GstPad) sink = gst_element_get_static_pad(decoder, "sink");
  g_autoptr(GstPad) source = gst_element_get_static_pad(decoder, "src");
  Times* times = g_new0(Times, 1);
  g_object_set_data_full(G_OBJECT(decoder), "vcl-times", times, g_free);
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<note_times>, times, nullptr);
  gst_pad_add_probe(source, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<set_times>, times, nullptr);
}

GstPadProbeReturn add_orientation(GstPad*, GstPadProbeInfo* info, gpointer) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_TAG) return GST_PAD_PROBE_OK;
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  tags = gst_tag_list_copy(tags);
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION, "flip-rotate-90", nullptr);
  info->data = gst_event_new_tag(tags);
  gst_event_unref(event);
  return GST_PAD_PROBE_OK;
}

void turn_track(GstElement*, GstPad* pad, gpointer) {
  if (g_str_has_prefix(GST_PAD_NAME(pad), "video"))
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<add_orientation>, nullptr, nullptr);
}

/// The demuxer reads the whole index at once, before it makes tracks of it.
GstPadProbeReturn mend_index(GstPad* pad, GstPadProbeInfo* info, gpointer) {
  GstBuffer* read = GST_PAD_PROBE_INFO_BUFFER(info);
  char head[8] = {};
  if (gst_buffer_extract(read, 0, head, sizeof head) < sizeof head || std::memcmp(head + 4, "moov", 4) != 0)
    return GST_PAD_PROBE_OK;
  std::string index(gst_buffer_get_size(read), '\0');
  gst_buffer_extract(read, 0, index.data(), index.size());
  g_autoptr(GstElement) demuxer = gst_pad_get_parent_element(pad);
  if (is_mirrored_and_turned(index))
    g_signal_connect(demuxer, "pad-added", G_CALLBACK(gstvcl::c_callback<turn_track>), nullptr);
  if (!take_duration_out(index)) return GST_PAD_PROBE_OK;
  GstBuffer* mended = gst_buffer_new_memdup(index.data(), index.size());
  gst_buffer_copy_into(mended, read, GST_BUFFER_COPY_METADATA, 0, gsize(-1));
  gst_buffer_unref(read);
  info->data = mended;
  return GST_PAD_PROBE_OK;
}

void mend_indexes(GstElement* demuxer) {
  g_autoptr(GstPad) sink = gst_element_get_static_pad(demuxer, "sink");
  gst_pad_add_probe(sink, GstPadProbeType(GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BUFFER),
                    gstvcl::c_callback<mend_index>, nullptr, nullptr);
}

void mend(GstBin*, GstBin*, GstElement* element, gpointer) {
  const std::string_view name = factory_name(element);
  if (name.starts_with("avdemux_")) end_endless_reading(element);
  if (name == "avdec_gif") stamp_frames(element);
  if (name == "qtdemux") mend_indexes(element);
}

}  // namespace

void mend_reader_faults(GstElement* source) {
  g_signal_connect(source, "deep-element-added", G_CALLBACK(gstvcl::c_callback<mend>), nullptr);
}

}  // namespace vcl
