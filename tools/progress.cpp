// SPDX-License-Identifier: LGPL-2.1-or-later
#include "progress.hpp"

#include <fmt/format.h>
#include <gst/vcl/gstvclinstancesmeta.h>

#include <cstdio>

namespace vcl {

Progress::Progress(GstPad* pad, std::size_t expected_frames) : expected_frames_(expected_frames) {
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, this, nullptr);
}

GstPadProbeReturn Progress::count(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<Progress*>(data);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  ++self->frames_;
  if (GST_BUFFER_PTS_IS_VALID(buffer)) {
    const GstClockTime length = GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0;
    self->position_ = GST_BUFFER_PTS(buffer) + length;
  }
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  const std::lock_guard lock(self->mutex_);
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i)
    self->tracks_.insert(gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta, i)));
  return GST_PAD_PROBE_OK;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::print_line(GstElement* pipeline) const {
  gint64 duration = 0;
  double done = 0;  // 0..1; 0 while unknown
  if (expected_frames_ > 0)
    done = double(frames_) / expected_frames_;
  else if (gst_element_query_duration(pipeline, GST_FORMAT_TIME, &duration) && duration > 0)
    done = std::min(1.0, double(position_) / duration);
  std::string line = fmt::format("{} frames, {:.1f} frames/s", frames(), frames() / seconds());
  if (done > 0) line += fmt::format(", {:.0f} %, {:.0f} s left", 100 * done, seconds() * (1 - done) / done);
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
}

void Progress::clear_line() {
  fmt::print(stderr, "\r\033[K");
}

void Progress::print_summary() const {
  const std::lock_guard lock(mutex_);
  fmt::print(stderr, "{} frames, {} tracks, {:.1f} s, {:.1f} frames/s\n", frames(), tracks_.size(), seconds(),
             frames() / seconds());
}

}  // namespace vcl
