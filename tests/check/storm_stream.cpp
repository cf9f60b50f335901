// SPDX-License-Identifier: LGPL-2.1-or-later
// What a storm's streaming thread does.
#include "storm_memory.hpp"
#include "storm_run.hpp"

namespace check {
namespace {

constexpr int kActions = 250;
const std::vector<int> kSides = {1, 2, 3, 4, 7, 16, 31, 48, 65};
const std::vector<std::string> kRates = {"25/1", "0/1", "30000/1001", "1/2147483647", "2147483647/1"};
const std::vector<GstClockTime> kTimes = {0, 1, GST_SECOND, GST_CLOCK_TIME_NONE, G_MAXINT64, GST_CLOCK_TIME_NONE - 1};

}  // namespace

void StormRun::stream() {
  bool begin = true;
  for (int left = kActions; left > 0; --left) {
    {
      std::unique_lock lock(mutex_);
      if (halted_ || broken_) {
        standing_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !halted_ && !broken_; });
        standing_ = false;
        begin = true;
      }
    }
    if (begin) begin_stream();
    begin = false;
    act_as_stream();
  }
  const std::lock_guard lock(mutex_);
  done_ = standing_ = true;
  changed_.notify_all();
}

void StormRun::act_as_stream() {
  const int action = stream_dice_.roll(0, 99);
  if (action < 75)
    push(good_buffer(), false);
  else if (action < 77)
    push(bad_buffer(), true);
  else if (action < 82)
    new_caps(!stream_dice_.one_in(4));
  else if (action < 86)
    new_segment();
  else if (action < 89)
    end_of_stream();
  else if (action < 95)
    serialized_event();
  else
    serialized_query();
}

void StormRun::begin_stream() {
  send(gst_event_new_stream_start("storm"), true);
  new_caps(caps_.empty());
  new_segment();
}

void StormRun::new_caps(bool others) {
  if (others)
    caps_ = caps_string(stream_dice_.pick(storm_.formats), stream_dice_.pick(kSides), stream_dice_.pick(kSides),
                        "framerate=" + stream_dice_.pick(kRates));
  info_ = video_info(caps_);
  GstCaps* caps = gst_caps_from_string(caps_.c_str());
  send(gst_event_new_caps(caps), false);
  gst_caps_unref(caps);
}

void StormRun::new_segment() {
  GstSegment segment;
  gst_segment_init(&segment, stream_dice_.one_in(8) ? GST_FORMAT_BYTES : GST_FORMAT_TIME);
  if (stream_dice_.one_in(4)) segment.base = GstClockTime(stream_dice_.roll(0, 100)) * GST_SECOND;
  if (stream_dice_.one_in(4)) segment.start = GstClockTime(stream_dice_.roll(0, 10)) * GST_SECOND;
  if (stream_dice_.one_in(6)) {
    segment.rate = -1;
    segment.stop = GST_SECOND * 3600;
  }
  if (stream_dice_.one_in(6)) time_ = 0;
  send(gst_event_new_segment(&segment), false);
}

void StormRun::end_of_stream() {
  send(gst_event_new_eos(), true);
  begin_stream();
}

void StormRun::serialized_event() {
  switch (stream_dice_.roll(0, 3)) {
    case 0:
      return send(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "storm", nullptr)), false);
    case 1:
      return send(gst_event_new_gap(0, stream_dice_.pick(kTimes)), false);
    case 2:
      return send(gst_event_new_segment_done(GST_FORMAT_TIME, 0), false);
    default:
      return send(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("storm")), false);
  }
}

void StormRun::serialized_query() {
  const bool drain = stream_dice_.one_in(2);
  GstCaps* caps = gst_caps_from_string(caps_.c_str());
  GstQuery* query = drain ? gst_query_new_drain() : gst_query_new_allocation(caps, TRUE);
  const int before = disturbances_;
  gst_pad_peer_query(source_, query);
  gst_query_unref(query);
  gst_caps_unref(caps);
  if (refused_)
    break_off();
  else if (drain && undisturbed_since(before))
    ledger_.all_out(false);
}

/// Nothing goes on until the application has made the element forget.
void StormRun::break_off() {
  const std::lock_guard lock(mutex_);
  broken_ = true;
}

/// `drains`: whatever the element, nothing may be held back once it has gone through, and tracks end.
void StormRun::send(GstEvent* event, bool drains) {
  const int before = disturbances_;
  gst_pad_push_event(source_, event);
  if (refused_)
    break_off();
  else if (drains && undisturbed_since(before))
    ledger_.all_out(true);
}

void StormRun::push(GstBuffer* buffer, bool bad) {
  stamp(buffer);
  watch(buffer);
  ledger_.goes_in(buffer);
  const int before = disturbances_, errors = errors_;
  const GstFlowReturn flow = gst_pad_push(source_, buffer);
  if (flow == GST_FLOW_OK) {
    ledger_.require(!refused_, "goes on where what comes after it refuses buffers");
    return;
  }
  const bool disturbed = !undisturbed_since(before);
  ledger_.require(disturbed || refused_ || bad,
                  std::string("a good buffer was refused with ") + gst_flow_get_name(flow) + ": " + caps_);
  if (bad && !disturbed && !refused_) {
    ledger_.require(flow == GST_FLOW_ERROR, std::string("a bad buffer gave ") + gst_flow_get_name(flow));
    ledger_.require(errors_ > errors, "an error without a message");
  }
  break_off();
}

GstBuffer* StormRun::good_buffer() {
  const int width = GST_VIDEO_INFO_WIDTH(&info_), height = GST_VIDEO_INFO_HEIGHT(&info_);
  std::vector<GstVclBox> boxes;
  for (int n = stream_dice_.roll(0, 2); n > 0; --n) {
    const int x = stream_dice_.roll(0, width - 1), y = stream_dice_.roll(0, height - 1);
    boxes.push_back({x, y, stream_dice_.roll(1, width - x), stream_dice_.roll(1, height - y)});
  }
  return frame_with_boxes(&info_, boxes, 4 * stream_dice_.roll(0, 2));
}

GstBuffer* StormRun::bad_buffer() {
  switch (stream_dice_.roll(0, 2)) {
    case 0:
      return gst_buffer_new();
    case 1:
      return gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info_) / 2, nullptr);
    default: {
      GstBuffer* buffer = gst_buffer_new();
      gst_buffer_append_memory(buffer, memory_without_access(GST_VIDEO_INFO_SIZE(&info_)));
      return buffer;
    }
  }
}

void StormRun::stamp(GstBuffer* buffer) {
  time_ += 40 * GST_MSECOND;
  if (stream_dice_.one_in(20)) time_ += GstClockTime(stream_dice_.roll(0, 3000)) * GST_MSECOND;
  if (stream_dice_.one_in(20)) time_ /= 2;
  GST_BUFFER_PTS(buffer) = stream_dice_.one_in(15) ? stream_dice_.pick(kTimes) : time_;
  GST_BUFFER_DTS(buffer) = stream_dice_.one_in(15) ? time_ : GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer) = stream_dice_.one_in(5) ? stream_dice_.pick(kTimes) : 40 * GST_MSECOND;
  if (stream_dice_.one_in(20)) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  if (stream_dice_.one_in(20)) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
}

}  // namespace check
