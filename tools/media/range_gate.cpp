// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/range_gate.hpp"

#include <utility>

#include "plugins/base/c_callback.hpp"

namespace vcl {

RangeGate::RangeGate(const FrameRange& range, InputClock& clock, GstPad* frames,
                     std::function<void(GstClockTime)> begin, std::function<void()> end)
    : range_(range), clock_(clock), begin_(std::move(begin)), end_(std::move(end)) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  corrected_ = segment_;
  gst_pad_add_probe(frames, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                    gstvcl::c_callback<see>, this, nullptr);
}

void RangeGate::fail_empty(const std::string& name) const {
  if (has_ended_) fail_empty_range(range_, name);
  fail_behind_end(range_, name, count_, shown_until_);
}

bool RangeGate::is_short() const {
  return !has_ended_ && range_.asks_for_more(count_, shown_until_);
}

GstPadProbeReturn RangeGate::see(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<RangeGate*>(data);
  return GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER ? self->see_frame(pad, info)
                                                                   : self->see_event(pad, info);
}

GstPadProbeReturn RangeGate::see_frame(GstPad* pad, GstPadProbeInfo* info) {
  const GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
  if (has_ended_) return GST_PAD_PROBE_DROP;
  if (std::exchange(is_new_segment_, false)) corrected_ = clock_.correct(segment_);
  const GstClockTime time = gst_segment_to_stream_time(&corrected_, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  const std::uint64_t number = count_++;
  if (GST_CLOCK_TIME_IS_VALID(time))
    shown_until_ = time + (GST_BUFFER_DURATION_IS_VALID(frame) ? GST_BUFFER_DURATION(frame) : 0);
  if (range_.ends_before(number, time)) {
    has_ended_ = true;
    if (!is_open_) begin_(GST_CLOCK_TIME_NONE);
    end_();
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
    return GST_PAD_PROBE_HANDLED;
  }
  if (is_open_) return GST_PAD_PROBE_OK;
  if (range_.begins_behind(number, time)) return GST_PAD_PROBE_DROP;
  open(pad, frame);
  return GST_PAD_PROBE_OK;
}

void RangeGate::open(GstPad* pad, const GstBuffer* frame) {
  is_open_ = true;
  const GstClockTime time = gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  if (GST_CLOCK_TIME_IS_VALID(time)) begun_at_ = time;
  begin_(begun_at_);
  send_segment(pad);
}

void RangeGate::send_segment(GstPad* pad) {
  const GstSegment segment = begin_at(segment_, begun_at_);
  sends_ = true;
  gst_pad_send_event(pad, gst_event_new_segment(&segment));
  sends_ = false;
}

GstPadProbeReturn RangeGate::see_event(GstPad* pad, GstPadProbeInfo* info) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (sends_) return GST_PAD_PROBE_OK;
  if (has_ended_) return GST_PAD_PROBE_DROP;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &segment_);
      is_new_segment_ = true;
      if (!is_open_) return GST_PAD_PROBE_OK;  // the next one counts, of the first frame
      send_segment(pad);
      return GST_PAD_PROBE_DROP;
    case GST_EVENT_GAP:
      return is_open_ ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
    case GST_EVENT_EOS:
      if (!is_open_) begin_(GST_CLOCK_TIME_NONE);
      return GST_PAD_PROBE_OK;
    default:
      return GST_PAD_PROBE_OK;
  }
}

}  // namespace vcl
