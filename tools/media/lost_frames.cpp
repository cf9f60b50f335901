// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/lost_frames.hpp"

#include <cmath>

#include "plugins/base/c_callback.hpp"

namespace vcl {
namespace {

constexpr int kMostReordered = 4;  // frames by which the coded order usually differs from the shown one
constexpr double kLeastGap = 1.5;  // usual intervals

}  // namespace

LostFrames::LostFrames(GstPad* decoded) {
  gst_pad_add_probe(decoded, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<see_frame>, this, nullptr);
}

GstPadProbeReturn LostFrames::see_frame(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
  g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (!event) return GST_PAD_PROBE_OK;
  const GstSegment* segment;
  gst_event_parse_segment(event, &segment);
  if (segment->format != GST_FORMAT_TIME) return GST_PAD_PROBE_OK;
  const GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  if (GST_CLOCK_TIME_IS_VALID(time)) static_cast<LostFrames*>(self)->add(time, GST_BUFFER_IS_DISCONT(frame));
  return GST_PAD_PROBE_OK;
}

void LostFrames::add(GstClockTime time, bool discontinuous) {
  if (last_ && time > *last_) {
    const double step = double(time - *last_), usual = intervals_.usual();
    if (discontinuous) suspected_ = 1 + kMostReordered;
    if (suspected_ > 0 && usual > 0 && step > kLeastGap * usual) count_ += std::uint64_t(std::lround(step / usual)) - 1;
    if (suspected_ > 0) --suspected_;
    intervals_.add(step);
  }
  last_ = time;
}

}  // namespace vcl
