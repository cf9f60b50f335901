// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/sound.hpp"

#include <fmt/format.h>
#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <utility>

#include "plugins/base/c_callback.hpp"
#include "tools/media/reader_faults.hpp"
#include "tools/media/sound_comments.hpp"
#include "tools/media/track_preference.hpp"

namespace vcl {
namespace {

constexpr GstClockTime kPatience = 60 * GST_SECOND;  // until the first packet; only ends a hang
constexpr int kPacketsWithoutSound = 500;            // of other tracks, after which there is none
constexpr guint64 kBytesAhead = 1 << 20;

bool is_sound(const GstCaps* caps) {
  return g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "audio/");
}

bool is_aac(const GstCaps* caps) {
  g_autoptr(GstCaps) aac = gst_caps_from_string("audio/mpeg,mpegversion=(int){2,4}");
  return gst_caps_can_intersect(caps, aac);
}

/// Sound that begins late is waited for: a gap would pass for its beginning.
GstPadProbeReturn drop_gap(GstPad*, GstPadProbeInfo* info, gpointer) {
  return GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_GAP ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/// Whether this is a list of a file's tracks with sound among them.
bool lists_sound(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_STREAM_COLLECTION) return false;
  g_autoptr(GstStreamCollection) tracks = nullptr;
  gst_message_parse_stream_collection(message, &tracks);
  for (guint i = 0; i < gst_stream_collection_get_size(tracks); ++i)
    if (gst_stream_get_stream_type(gst_stream_collection_get_stream(tracks, i)) & GST_STREAM_TYPE_AUDIO) return true;
  return false;
}

/// Muxers want AAC without the headers by which it is carried in MPEG-TS.
GstElement* add_aac_parser(GstElement* pipeline, GstAppSink* packets) {
  GstElement* parser = gst_element_factory_make("aacparse", nullptr);
  gst_bin_add(GST_BIN(pipeline), parser);
  g_autoptr(GstCaps) raw = gst_caps_from_string("audio/mpeg,stream-format=raw");
  gst_app_sink_set_caps(packets, raw);
  gst_element_link(parser, GST_ELEMENT(packets));
  gst_element_sync_state_with_parent(parser);
  return parser;
}

}  // namespace

Sound::Sound(const std::string& uri) : pipeline_(gst_pipeline_new(nullptr)) {
  GstElement* source = gst_element_make_from_uri(GST_URI_SRC, uri.c_str(), nullptr, nullptr);
  GstElement* tracks = gst_element_factory_make("parsebin", nullptr);
  packets_ = GST_APP_SINK(gst_element_factory_make("appsink", nullptr));
  gst_bin_add_many(GST_BIN(pipeline_), source, tracks, GST_ELEMENT(packets_), nullptr);
  gst_element_link(source, tracks);
  g_object_set(packets_, "sync", FALSE, "max-buffers", 16u, nullptr);
  g_autoptr(GstPad) entry = gst_element_get_static_pad(GST_ELEMENT(packets_), "sink");
  gst_pad_add_probe(entry, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<drop_gap>, nullptr, nullptr);
  mend_reader_faults(tracks);
  g_signal_connect(tracks, "pad-added", G_CALLBACK(gstvcl::c_callback<take_track>), this);
  read_first();
}

Sound::~Sound() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  if (first_) gst_sample_unref(first_);
  gst_clear_object(&track_);
  gst_clear_buffer(&held_);
  gst_clear_object(&source_);
  gst_object_unref(pipeline_);
}

void Sound::take_track(GstElement*, GstPad* pad, gpointer data) {
  auto* self = static_cast<Sound*>(data);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  if (!caps) caps = gst_pad_query_caps(pad, nullptr);
  const bool is_candidate = is_sound(caps) && !self->is_read();
  if (is_candidate) ++self->tracks_;
  if (!is_candidate || (self->track_ && preference_of(pad) <= preference_of(self->track_))) {
    self->leave_out(pad);
    return;
  }
  if (self->track_) self->unlink_track();
  self->track_ = GST_PAD(gst_object_ref(pad));
  if (is_aac(caps)) self->parser_ = add_aac_parser(self->pipeline_, self->packets_);
  g_autoptr(GstPad) sink =
      gst_element_get_static_pad(self->parser_ ? self->parser_ : GST_ELEMENT(self->packets_), "sink");
  gst_pad_link(pad, sink);
}

/// All tracks that a file begins with are there before the first packet flows: a later one may be the default.
bool Sound::is_read() const {
  if (!track_) return false;
  g_autoptr(GstPad) sink = gst_pad_get_peer(track_);
  return gst_pad_has_current_caps(sink);
}

void Sound::unlink_track() {
  g_autoptr(GstPad) sink = gst_pad_get_peer(track_);
  gst_pad_unlink(track_, sink);
  leave_out(track_);
  gst_clear_object(&track_);
  if (!parser_) return;
  gst_element_set_state(parser_, GST_STATE_NULL);
  gst_bin_remove(GST_BIN(pipeline_), std::exchange(parser_, nullptr));
  gst_app_sink_set_caps(packets_, nullptr);
}

/// Left unlinked alone it would end the reading of a demuxer that has found no other track yet.
void Sound::leave_out(GstPad* track) {
  gst_pad_add_probe(track, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                    gstvcl::c_callback<pass_over>, this, nullptr);
}

/// Drops what is no sound. Some containers tell of a track only where it begins, so they are read on for a while.
GstPadProbeReturn Sound::pass_over(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<Sound*>(data);
  const bool is_packet = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER;
  const bool is_end = !is_packet && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS;
  if (self->tracks_ == 0 && (is_end || (is_packet && ++self->others_ == kPacketsWithoutSound)))
    gst_element_post_message(self->pipeline_, gst_message_new_application(
                                                  GST_OBJECT(pad), gst_structure_new_empty(is_end ? "end" : "long")));
  return is_packet ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void Sound::read_first() {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  gst_element_set_state(pipeline_, GST_STATE_PAUSED);
  constexpr auto kTurns = GstMessageType(GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_STREAM_COLLECTION |
                                         GST_MESSAGE_APPLICATION | GST_MESSAGE_ERROR);
  bool is_listed = false, is_over = false;
  while (!is_over) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(bus, kPatience, kTurns);
    is_listed = is_listed || (message && lists_sound(message));
    is_over = !message || GST_MESSAGE_TYPE(message) == GST_MESSAGE_ASYNC_DONE ||
              GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR || gst_message_has_name(message, "end") ||
              (gst_message_has_name(message, "long") && !is_listed);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && tracks_ > 0) set_fault(message);
  }
  g_autoptr(GstSample) sample = gst_app_sink_try_pull_preroll(packets_, 0);
  if (!sample) {
    if (is_listed && fault_.empty()) fault_ = "its track is empty";
    return;
  }
  const GstClockTime time = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
  start_ = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, time);
  g_autoptr(GstBuffer) packet = gst_buffer_copy_region(gst_sample_get_buffer(sample), GST_BUFFER_COPY_ALL, 0, -1);
  GST_BUFFER_PTS(packet) = GST_BUFFER_DTS(packet) = 0;
  first_ = gst_sample_new(packet, gst_sample_get_caps(sample), nullptr, nullptr);
}

std::string Sound::codec() const {
  g_autofree char* name = gst_pb_utils_get_codec_description(gst_sample_get_caps(first_));
  return name;
}

void Sound::leave_out_comments() {
  g_autoptr(GstCaps) caps = without_comments(gst_sample_get_caps(first_));
  GstSample* wordless = gst_sample_new(gst_sample_get_buffer(first_), caps, nullptr, nullptr);
  gst_sample_unref(std::exchange(first_, wordless));
}

void Sound::play_into(GstAppSrc* source) {
  source_ = GST_APP_SRC(gst_object_ref(source));  // the thread that fills it may outlive the pipeline that it is in
  g_object_set(source, "caps", gst_sample_get_caps(first_), "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes",
               kBytesAhead, nullptr);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  gst_bus_set_sync_handler(bus, gstvcl::c_callback<note_error>, this, nullptr);
  GstAppSinkCallbacks sink_callbacks = {};
  sink_callbacks.new_sample = gstvcl::c_callback<play_next>;
  sink_callbacks.eos = gstvcl::c_callback<end>;
  gst_app_sink_set_callbacks(packets_, &sink_callbacks, this, nullptr);
  GstAppSrcCallbacks source_callbacks = {};  // it takes packets from when it runs on
  source_callbacks.need_data = [](GstAppSrc*, guint, gpointer self) {
    auto* sound = static_cast<Sound*>(self);
    sound->is_wanted_ = true;
    if (!sound->waits_) gst_element_set_state(sound->pipeline_, GST_STATE_PLAYING);
  };
  gst_app_src_set_callbacks(source, &source_callbacks, this, nullptr);
  g_autoptr(GstPad) exit = gst_element_get_static_pad(GST_ELEMENT(source), "src");
  gst_pad_add_probe(exit, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<stop_at_end>, this, nullptr);
}

void Sound::start_at(GstClockTime start) {
  origin_ = start;
  waits_ = false;
  if (is_wanted_) gst_element_set_state(pipeline_, GST_STATE_PLAYING);
}

void Sound::end_at(GstClockTime end) {
  end_ = end;
  if (waits_ && source_) gst_app_src_end_of_stream(source_);
}

GstBuffer* Sound::make_packet(GstSample* sample) {
  GstBuffer* read = gst_sample_get_buffer(sample);
  if (!GST_BUFFER_PTS_IS_VALID(read)) return nullptr;  // a header that the caps hold too
  const GstSegment* segment = gst_sample_get_segment(sample);
  if (segment->start > 0) stop_ = gst_segment_to_running_time(segment, GST_FORMAT_TIME, segment->stop);
  const GstClockTime length = GST_BUFFER_DURATION_IS_VALID(read) ? GST_BUFFER_DURATION(read) : 0;
  guint64 time = 0;
  const int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(read), &time);
  if (sign == 0 || (sign < 0 && time >= length)) return nullptr;  // it only prepares decoders for the first one
  if (sign < 0) time = 0;
  if (time + length <= origin_ && origin_ > 0) return nullptr;
  time -= std::min<guint64>(time, origin_);
  if (time < last_) return nullptr;  // damaged: muxers refuse times that go back
  GstBuffer* packet =
      gst_buffer_copy_region(read, GstBufferCopyFlags(GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_META), 0, -1);
  GST_BUFFER_PTS(packet) = GST_BUFFER_DTS(packet) = time;
  GST_BUFFER_DURATION(packet) = GST_BUFFER_DURATION(read);
  last_ = time;
  return packet;
}

GstFlowReturn Sound::play_next(GstAppSink* packets, gpointer data) {
  auto* self = static_cast<Sound*>(data);
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(packets);
  if (!sample) return GST_FLOW_EOS;
  GstBuffer* packet = self->make_packet(sample);
  return packet ? self->play(packet) : GST_FLOW_OK;
}

/// Plays the packet before this one, which lasts until it where it does not say how long: muxers want to know.
GstFlowReturn Sound::play(GstBuffer* next) {
  GstBuffer* packet = std::exchange(held_, next);
  if (!packet) return GST_FLOW_OK;
  if (!GST_BUFFER_DURATION_IS_VALID(packet))
    GST_BUFFER_DURATION(packet) = next ? GST_BUFFER_PTS(next) - GST_BUFFER_PTS(packet) : length_;
  length_ = GST_BUFFER_DURATION(packet);
  return gst_app_src_push_buffer(source_, packet);
}

void Sound::end(GstAppSink*, gpointer data) {
  auto* self = static_cast<Sound*>(data);
  self->play(nullptr);
  self->check_end();
  gst_app_src_end_of_stream(self->source_);
}

/// Of an MP4 file that is cut off, the edit list says how long the sound should be.
void Sound::check_end() {
  const GstClockTime found = origin_ + last_ + length_;
  if (GST_CLOCK_TIME_IS_VALID(end_) || !GST_CLOCK_TIME_IS_VALID(stop_) || found + kUnheard > stop_) return;
  const std::lock_guard lock(mutex_);
  fault_ = fmt::format("its last {:.1f} s are not found", double(stop_ - found) / GST_SECOND);
}

GstPadProbeReturn Sound::stop_at_end(GstPad*, GstPadProbeInfo* info, gpointer data) {
  if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) < static_cast<Sound*>(data)->end_) return GST_PAD_PROBE_OK;
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

GstBusSyncReply Sound::note_error(GstBus*, GstMessage* message, gpointer data) {
  auto* self = static_cast<Sound*>(data);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    self->set_fault(message);
    gst_app_src_end_of_stream(self->source_);
  }
  gst_message_unref(message);
  return GST_BUS_DROP;
}

void Sound::set_fault(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  const std::lock_guard lock(mutex_);
  if (fault_.empty()) fault_ = error->message;
}

std::string Sound::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

}  // namespace vcl
