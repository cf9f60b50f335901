// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/progress.hpp"

#include <fmt/format.h>
#include <gst/vcl/gstvclinstancesmeta.h>

#include <algorithm>
#include <cstdio>

#include "plugins/base/c_callback.hpp"
#include "support/time_left.hpp"

namespace vcl {

void Progress::Count::add(const GstBuffer* buffer) {
  ++frames;
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return;
  position = GST_BUFFER_PTS(buffer) + (GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0);
}

double Progress::Count::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start.load()).count();
}

std::string Progress::Count::describe(double done) const {
  std::string text = fmt::format("{} frames, {:.1f} frames/s", frames.load(), frames / seconds());
  if (done > 0) text += ", " + time_left(done, seconds());
  return text;
}

Progress::Progress(GstPad* in, GstPad* out, std::size_t expected_frames, bool whole, Part part)
    : expected_frames_(expected_frames), whole_(whole), part_(part) {
  const auto buffers_and_events = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(in, buffers_and_events, gstvcl::c_callback<watch_in>, this, nullptr);
  gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<watch_out>, this, nullptr);
}

GstPadProbeReturn Progress::watch_in(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<Progress*>(data);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
    self->read_.add(GST_PAD_PROBE_INFO_BUFFER(info));
  else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
    self->read_all_ = true;
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn Progress::watch_out(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<Progress*>(data);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  if (self->whole_ && self->written_.frames == 0) self->written_.start = Clock::now();
  self->written_.add(buffer);
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  const std::lock_guard lock(self->mutex_);
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i)
    self->tracks_.insert(gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta, i)));
  return GST_PAD_PROBE_OK;
}

double Progress::share_of_video(const Count& count, GstElement* element) const {
  gint64 duration = 0;
  if (expected_frames_ > 0) return double(count.frames) / expected_frames_;
  if (!gst_element_query_duration(element, GST_FORMAT_TIME, &duration) || duration <= 0) return 0;
  const GstClockTime end = std::min(GstClockTime(duration), part_.end);
  if (count.position <= part_.start || end <= part_.start) return 0;
  return std::min(1.0, double(count.position - part_.start) / double(end - part_.start));
}

std::string Progress::line(GstElement* element) const {
  if (!whole_) return written_.describe(share_of_video(written_, element));
  if (!read_all_) return "reading: " + read_.describe(share_of_video(read_, element));
  if (written_.frames == 0) return fmt::format("decoding {} frames together", read_.frames.load());
  return "writing: " + written_.describe(double(written_.frames) / read_.frames);
}

void Progress::print_line(GstElement* element) const {
  fmt::print(stderr, "\r\033[K{}", line(element));
  std::fflush(stderr);
}

void Progress::clear_line() {
  fmt::print(stderr, "\r\033[K");
}

std::size_t Progress::tracks() const {
  const std::lock_guard lock(mutex_);
  return tracks_.size();
}

void Progress::print_summary() const {
  const double seconds = read_.seconds();
  fmt::print(stderr, "{} frames, {} tracks, {:.1f} s, {:.1f} frames/s\n", frames(), tracks(), seconds,
             frames() / seconds);
}

}  // namespace vcl
