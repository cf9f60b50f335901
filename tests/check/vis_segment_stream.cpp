// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: formats, buffers, and the order of events round the frames that are held back.
#include <array>
#include <set>

#include "check_util.hpp"

namespace {

using check::meta_of;

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

guint64 frame_number(GstBuffer* buffer) {
  return GST_BUFFER_PTS(buffer) / (40 * GST_MSECOND);
}

// Pulls `count` buffers, which must be frames `first` onwards, and returns the id of their only track.
guint64 pull_frames(GstHarness* harness, int first, int count) {
  guint64 id = 0;
  for (int n = first; n < first + count; ++n) {
    GstBuffer* buffer = gst_harness_try_pull(harness);
    fail_unless(buffer != nullptr, "frame %d is missing", n);
    fail_unless_equals_uint64(frame_number(buffer), guint64(n));
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta_of(buffer), 0);
    check::assert_box(instance, kBoxes[0]);
    const guint64 this_id = gst_vcl_instance_get_track_id(instance);
    fail_unless(id == 0 || id == this_id, "the track id changed at frame %d", n);
    id = this_id;
    gst_buffer_unref(buffer);
  }
  fail_unless(gst_harness_try_pull(harness) == nullptr, "too many frames");
  return id;
}

struct Result {
  guint64 number;     // of the frame as it was pushed
  guint64 frame, id;  // as the element counts it, and its only track
};

Result pull_result(GstHarness* harness) {
  GstBuffer* buffer = gst_harness_try_pull(harness);
  fail_unless(buffer != nullptr, "a frame is missing");
  const GstVclInstancesMeta* meta = meta_of(buffer);
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), 1);
  const guint64 id = gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta, 0));
  const Result result{frame_number(buffer), meta->frame, id};
  gst_buffer_unref(buffer);
  return result;
}

void send_segment(GstHarness* harness, GstClockTime start, GstClockTime time) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start;
  segment.time = time;
  fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
}

}  // namespace

// The engine sees the same picture in every format, with odd sizes and padded rows.
GST_START_TEST(test_formats) {
  for (const std::string& format : check::formats()) {
    for (const auto& [width, height, padding] :
         {std::array{64, 48, 0}, std::array{65, 49, 0}, std::array{33, 31, 12}, std::array{1, 1, 3}}) {
      const std::string caps = check::caps_string(format, width, height);
      const bool tiny = width == 1;
      const GstVclBox box = tiny ? GstVclBox{0, 0, 1, 1} : GstVclBox{4, 6, 20, 10};
      GstHarness* harness = check::start("vcl-vis-segment window=1", caps);
      GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, {box}, padding));
      fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta_of(out)), 1);
      check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), box);
      fail_unless(meta_of(out)->width == guint(width) && meta_of(out)->height == guint(height));
      gst_buffer_unref(out);
      gst_harness_teardown(harness);
    }
  }
}
GST_END_TEST;

GST_START_TEST(test_refused_formats) {
  GstHarness* harness = gst_harness_new("vcl-vis-segment");
  gst_harness_set_src_caps_str(harness, "video/x-raw,format=Y444,width=16,height=16,framerate=25/1");
  fail_unless_equals_int(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 768, nullptr)),
                         GST_FLOW_NOT_NEGOTIATED);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A buffer smaller than its caps is an error, not a crash.
GST_START_TEST(test_small_buffer) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  fail_unless_equals_int(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Times, flags, offsets, other metas and every pixel leave as they came.
GST_START_TEST(test_buffer_preserved) {
  GstHarness* harness = check::start("vcl-vis-segment window=2", kCaps);
  GstBuffer* in = check::numbered_frame(kCaps, 5, kBoxes);
  GST_BUFFER_DTS(in) = 123;
  GST_BUFFER_OFFSET(in) = 77;
  GST_BUFFER_FLAG_SET(in, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_CORRUPTED);
  GstCaps* reference = gst_caps_new_empty_simple("timestamp/x-check");
  gst_buffer_add_reference_timestamp_meta(in, reference, 99, GST_CLOCK_TIME_NONE);
  GstBuffer* original = gst_buffer_copy_deep(in);
  fail_unless_equals_int(gst_harness_push(harness, in), GST_FLOW_OK);
  fail_unless_equals_int(gst_harness_push(harness, check::numbered_frame(kCaps, 6, kBoxes)), GST_FLOW_OK);
  GstBuffer* out = gst_harness_pull(harness);
  fail_unless(GST_BUFFER_PTS(out) == GST_BUFFER_PTS(original) && GST_BUFFER_DTS(out) == 123);
  fail_unless(GST_BUFFER_DURATION(out) == 40 * GST_MSECOND && GST_BUFFER_OFFSET(out) == 77);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_CORRUPTED));
  fail_unless(gst_buffer_get_reference_timestamp_meta(out, reference) != nullptr);
  GstMapInfo map;
  gst_buffer_map(original, &map, GST_MAP_READ);
  fail_unless(gst_buffer_get_size(out) == map.size && gst_buffer_memcmp(out, 0, map.data, map.size) == 0);
  gst_buffer_unmap(original, &map);
  gst_caps_unref(reference);
  gst_buffer_unref(original);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Pixels are not copied: what leaves is the memory that came, held back or not, also when somebody else holds it too.
GST_START_TEST(test_same_memory) {
  for (const char* element : {"vcl-vis-segment window=1", "vcl-vis-segment window=3", "vcl-vis-segment interval=4"}) {
    GstHarness* harness = check::start(element, kCaps);
    std::vector<GstBuffer*> in;
    for (int n = 0; n < 6; ++n) {
      in.push_back(check::numbered_frame(kCaps, n, kBoxes));
      fail_unless_equals_int(gst_harness_push(harness, n % 2 ? gst_buffer_ref(in.back()) : gst_buffer_copy(in.back())),
                             GST_FLOW_OK);
    }
    fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
    for (GstBuffer* buffer : in) {
      GstBuffer* out = gst_harness_pull(harness);
      fail_unless_equals_int(gst_buffer_n_memory(out), 1);
      fail_unless(gst_buffer_peek_memory(out, 0) == gst_buffer_peek_memory(buffer, 0));
      gst_buffer_unref(out);
      gst_buffer_unref(buffer);
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// What a frame repeats it shares with the one before; what changed is made anew.
GST_START_TEST(test_repeated_masks_are_shared) {
  GstHarness* harness = check::start("vcl-vis-segment window=1 interval=3", kCaps);
  const auto pull = [&](int n, const GstVclBox& box) {
    return gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, {box, {40, 30, 8, 8}}));
  };
  std::vector<GstBuffer*> out = {pull(0, {4, 6, 20, 10})};
  for (int n = 1; n < 5; ++n) out.push_back(pull(n, {5, 6, 20, 10}));
  const auto instance = [&](int frame, guint index) {
    fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta_of(out[frame])), 2);
    return gst_vcl_instances_meta_get_instance(meta_of(out[frame]), index);
  };
  for (int n = 0; n < 5; ++n)
    for (guint i = 0; i < 2; ++i) {
      const bool changes = n == 3 && i == 0;  // inferred, and it moved
      fail_unless(n == 0 || changes == (gst_vcl_instance_get_mask(instance(n, i)) !=
                                        gst_vcl_instance_get_mask(instance(n - 1, i))),
                  "frame %d", n);
      fail_unless((gst_vcl_instance_get_flags(instance(n, i)) == GST_VCL_INSTANCE_FLAG_NEW) == (n == 0));
      check::assert_box(instance(n, i), i == 1 ? GstVclBox{40, 30, 8, 8} : GstVclBox{n < 3 ? 4 : 5, 6, 20, 10});
    }
  for (GstBuffer* buffer : out) gst_buffer_unref(buffer);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// EOS in the middle of a window: all frames come out, with results, before it.
GST_START_TEST(test_eos_drains) {
  GstHarness* harness = check::start("vcl-vis-segment window=5", kCaps);
  check::push_frames(harness, kCaps, 0, 2, kBoxes);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  pull_frames(harness, 0, 3);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// After an error downstream the frames that are held back are dropped: EOS does not push them at the broken element.
GST_START_TEST(test_downstream_error) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  static int pushed;
  pushed = 0;
  gst_pad_set_chain_function(harness->sinkpad, [](GstPad*, GstObject*, GstBuffer* buffer) {
    ++pushed;
    gst_buffer_unref(buffer);
    return GST_FLOW_ERROR;
  });
  fail_unless_equals_int(gst_harness_push(harness, check::numbered_frame(kCaps, 2, kBoxes)), GST_FLOW_ERROR);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless_equals_int(pushed, 1);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A window longer than the stream, of no frame at all, ends as well.
GST_START_TEST(test_eos_without_frames) {
  GstHarness* harness = check::start("vcl-vis-segment window=5", kCaps);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A hole, another stream and a drain query send on what is held back.
GST_START_TEST(test_drains) {
  for (GstEvent* event :
       {gst_event_new_gap(GST_SECOND, 2 * GST_SECOND), gst_event_new_gap(2 * GST_SECOND, GST_CLOCK_TIME_NONE),
        gst_event_new_stream_start("again"), gst_event_new_segment_done(GST_FORMAT_TIME, 0)}) {
    GstHarness* harness = check::start("vcl-vis-segment window=4", kCaps);
    check::push_frames(harness, kCaps, 0, 1, kBoxes);
    fail_unless(gst_harness_push_event(harness, event));
    const guint64 id = pull_frames(harness, 0, 2);
    fail_unless_equals_uint64(id, 1);
    gst_harness_teardown(harness);
  }
  GstHarness* harness = check::start("vcl-vis-segment window=4", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  GstQuery* query = gst_query_new_drain();
  gst_pad_peer_query(harness->srcpad, query);
  gst_query_unref(query);
  pull_frames(harness, 0, 2);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Other serialized events keep their place between the frames.
GST_START_TEST(test_events_keep_place) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  const guint before = gst_harness_events_received(harness);
  GstEvent* custom = gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("check"));
  fail_unless(gst_harness_push_event(harness, custom));
  check::push_frames(harness, kCaps, 2, 2, kBoxes);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 1);
  fail_unless_equals_int(gst_harness_events_received(harness), before);
  check::push_frames(harness, kCaps, 3, 3, kBoxes);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 2);
  fail_unless_equals_int(gst_harness_events_received(harness), before + 1);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A few lost frames, told by DISCONT or a short GAP, end no track; more than a second does.
GST_START_TEST(test_lost_frames) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  fail_unless(gst_harness_push_event(harness, gst_event_new_gap(2 * 40 * GST_MSECOND, 80 * GST_MSECOND)));
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  const auto push_discont = [&](int n) {
    GstBuffer* buffer = check::numbered_frame(kCaps, n, kBoxes);
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int(gst_harness_push(harness, buffer), GST_FLOW_OK);
  };
  push_discont(4);
  const guint64 first = pull_frames(harness, 0, 1);
  push_discont(40);
  GstBuffer* second = gst_harness_pull(harness);
  fail_unless_equals_uint64(frame_number(second), 1);
  gst_buffer_unref(second);
  fail_unless_equals_uint64(pull_frames(harness, 4, 1), first);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless(pull_frames(harness, 40, 1) > first);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A flush drops what is held back; numbering starts again, ids are not used twice.
GST_START_TEST(test_flush_drops) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 4, kBoxes);
  const guint64 id = pull_frames(harness, 0, 3);
  fail_unless(gst_harness_push_event(harness, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
  check::push_frames(harness, kCaps, 10, 12, kBoxes);
  GstBuffer* out = gst_harness_pull(harness);
  fail_unless_equals_uint64(frame_number(out), 10);
  fail_unless_equals_uint64(meta_of(out)->frame, 0);
  fail_unless(gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta_of(out), 0)) > id);
  gst_buffer_unref(out);
  fail_unless(gst_harness_try_pull(harness) == nullptr);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A step back in time sends on what is held back and starts new tracks; `frame` counts on.
GST_START_TEST(test_step_back) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 5, 7, kBoxes);
  const guint64 first = pull_frames(harness, 5, 1);
  check::push_frames(harness, kCaps, 2, 2, kBoxes);
  fail_unless_equals_uint64(pull_frames(harness, 6, 2), first);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  const Result last = pull_result(harness);
  fail_unless(last.frame == 3 && last.id > first);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// What demuxers send where nothing has happened: SEGMENT, DISCONT and caps between frames whose times go on.
GST_START_TEST(test_nothing_has_happened) {
  const std::string other_rate = check::caps_string("RGB", 64, 48, "framerate=50/1");
  const std::string other_format = check::caps_string("GRAY8", 64, 48);
  for (const char* element : {"vcl-vis-segment window=3", "vcl-vis-segment mode=whole", "vcl-vis-segment interval=2"}) {
    GstHarness* harness = check::start(element, kCaps);
    // As matroskademux does with sound: the first SEGMENT begins with the first frame, the second one at 0.
    send_segment(harness, 40 * GST_MSECOND, 0);
    check::push_frames(harness, kCaps, 1, 1, kBoxes);
    send_segment(harness, 0, 0);
    check::push_frames(harness, kCaps, 2, 3, kBoxes);
    GstBuffer* discont = check::numbered_frame(kCaps, 4, kBoxes);
    GST_BUFFER_FLAG_SET(discont, GST_BUFFER_FLAG_DISCONT);
    fail_unless_equals_int(gst_harness_push(harness, discont), GST_FLOW_OK);
    gst_harness_set_src_caps_str(harness, other_rate.c_str());
    check::push_frames(harness, other_rate, 5, 5, kBoxes);
    gst_harness_set_src_caps_str(harness, other_format.c_str());
    check::push_frames(harness, other_format, 6, 7, kBoxes);
    fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
    for (guint64 n = 0; n < 7; ++n) {
      const Result result = pull_result(harness);
      fail_unless(result.number == n + 1 && result.frame == n && result.id == 1, "%s: frame %d of track %d at %d",
                  element, int(result.frame), int(result.id), int(n));
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Times may be set anew by a SEGMENT while the stream's time goes on, and the other way round.
GST_START_TEST(test_time_goes_on_by_either_clock) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 2, kBoxes);
  send_segment(harness, 400 * 40 * GST_MSECOND, 3 * 40 * GST_MSECOND);
  check::push_frames(harness, kCaps, 400, 402, kBoxes);
  send_segment(harness, 403 * 40 * GST_MSECOND, 0);
  check::push_frames(harness, kCaps, 403, 404, kBoxes);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  for (guint64 n = 0; n < 8; ++n) {
    const Result result = pull_result(harness);
    fail_unless(result.frame == n && result.id == 1, "frame %d", int(n));
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Played from the last frame to the first, time goes on as well.
GST_START_TEST(test_backward) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = GST_SECOND;
  fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
  for (int n = 9; n >= 5; --n) check::push_frames(harness, kCaps, n, n, kBoxes);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  for (guint64 n = 0; n < 5; ++n) {
    const Result result = pull_result(harness);
    fail_unless(result.number == 9 - n && result.frame == n && result.id == 1, "frame %d", int(n));
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A hole ends the window. Frames that are rare by themselves, as of a slide show, are no holes.
GST_START_TEST(test_holes) {
  for (const int interval : {1, 25, 250}) {
    GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
    for (int n = 0; n < 3; ++n) check::push_frames(harness, kCaps, n * interval, n * interval, kBoxes);
    const int next = 2 * interval + std::max(26, 4 * interval);
    check::push_frames(harness, kCaps, next, next, kBoxes);
    fail_unless_equals_int(gst_harness_buffers_received(harness), 3);
    check::push_frames(harness, kCaps, next + 3 * interval, next + 3 * interval, kBoxes);
    fail_unless_equals_int(gst_harness_buffers_received(harness), 3);
    fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
    for (guint64 n = 0; n < 5; ++n) fail_unless_equals_uint64(pull_result(harness).frame, n);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// `frame` starts at 0 with an input and counts on, over holes and other sizes, until it ends; no id comes twice.
GST_START_TEST(test_frames_of_a_run) {
  const std::string larger = check::caps_string("RGB", 81, 61);
  for (const char* element : {"vcl-vis-segment window=3", "vcl-vis-segment mode=whole"}) {
    GstHarness* harness = check::start(element, kCaps);
    std::set<guint64> ids;
    for (int run = 0; run < 2; ++run) {
      check::push_frames(harness, kCaps, 0, 1, kBoxes);
      check::push_frames(harness, kCaps, 40, 41, kBoxes);  // behind a hole
      gst_harness_set_src_caps_str(harness, larger.c_str());
      check::push_frames(harness, larger, 42, 43, kBoxes);
      gst_harness_set_src_caps_str(harness, kCaps.c_str());
      check::push_frames(harness, kCaps, 44, 45, kBoxes);
      fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
      for (guint64 n = 0; n < 8; ++n) {
        const Result result = pull_result(harness);
        fail_unless_equals_uint64(result.frame, n);
        fail_unless(ids.insert(result.id).second == (n % 2 == 0), "track %d at frame %d", int(result.id), int(n));
      }
      fail_unless(gst_harness_push_event(harness, gst_event_new_stream_start("another input")));
      gst_harness_set_src_caps_str(harness, kCaps.c_str());
      send_segment(harness, 0, 0);
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// New caps in the middle of a window: the old frames leave first, with results of their own size.
GST_START_TEST(test_caps_change) {
  const std::string larger = check::caps_string("I420", 81, 61, "framerate=30/1");
  GstHarness* harness = check::start("vcl-vis-segment window=4", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  gst_harness_set_src_caps_str(harness, larger.c_str());
  pull_frames(harness, 0, 2);
  check::push_frames(harness, larger, 2, 3, kBoxes);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  for (int n = 2; n <= 3; ++n) {
    GstBuffer* out = gst_harness_pull(harness);
    fail_unless(meta_of(out)->width == 81 && meta_of(out)->height == 61);
    check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), kBoxes[0]);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// The same caps again change nothing: no drain, tracks go on.
GST_START_TEST(test_same_caps_again) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  GstCaps* caps = gst_caps_from_string(kCaps.c_str());
  fail_unless(gst_harness_push_event(harness, gst_event_new_caps(caps)));
  gst_caps_unref(caps);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  check::push_frames(harness, kCaps, 2, 3, kBoxes);
  pull_frames(harness, 0, 2);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A buffer that others hold is not written to: they see it without metas.
GST_START_TEST(test_shared_buffer) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  GstBuffer* in = gst_buffer_ref(check::numbered_frame(kCaps, 0, kBoxes));
  GstBuffer* out = gst_harness_push_and_pull(harness, in);
  fail_unless(out != in && gst_buffer_get_vcl_instances_meta(in) == nullptr);
  meta_of(out);
  gst_buffer_unref(in);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// The pool that is asked for must be larger by what is held back.
GST_START_TEST(test_allocation) {
  GstHarness* harness = check::start("vcl-vis-segment window=4", kCaps);
  gst_harness_set_propose_allocator(harness, nullptr, nullptr);
  gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_META_API_TYPE, nullptr);
  GstCaps* caps = gst_caps_from_string(kCaps.c_str());
  GstQuery* query = gst_query_new_allocation(caps, TRUE);
  gst_query_add_allocation_pool(query, nullptr, 9216, 2, 5);
  fail_unless(gst_pad_peer_query(harness->srcpad, query));
  guint minimum, maximum;
  gst_query_parse_nth_allocation_pool(query, 0, nullptr, nullptr, &minimum, &maximum);
  fail_unless_equals_int(minimum, 5);
  fail_unless_equals_int(maximum, 8);
  gst_query_unref(query);
  gst_caps_unref(caps);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// However many frames wait, the pool that they come from does not run dry, and their pixels stay as they were.
GST_START_TEST(test_pool_of_fixed_size) {
  constexpr int kFrames = 120;
  for (const char* settings : {"window=1", "window=3", "window=3 interval=2", "window=3 interval=10", "window=9"})
    for (const guint buffers : {1u, 2u, 3u, 6u}) {
      GstHarness* harness = check::start(std::string("vcl-vis-segment ") + settings, kCaps);
      check::SmallPool pool(kCaps, buffers);
      int seen = 0;
      const auto pull_all = [&] {
        while (GstBuffer* out = gst_harness_try_pull(harness)) {
          g_autoptr(GstBuffer) same = check::numbered_frame(kCaps, seen, {{seen % 40, 6, 20, 10}});
          GstMapInfo pixels;
          gst_buffer_map(same, &pixels, GST_MAP_READ);
          fail_unless_equals_int(gst_buffer_memcmp(out, 0, pixels.data, pixels.size), 0);
          gst_buffer_unmap(same, &pixels);
          fail_unless_equals_uint64(GST_BUFFER_PTS(out), GST_BUFFER_PTS(same));
          gst_buffer_unref(out);
          ++seen;
        }
      };
      for (int n = 0; n < kFrames; ++n) {
        GstBuffer* frame = pool.numbered_frame(n, {{n % 40, 6, 20, 10}});
        fail_unless_equals_int(gst_harness_push(harness, frame), GST_FLOW_OK);
        pull_all();
      }
      gst_harness_push_event(harness, gst_event_new_eos());
      pull_all();
      fail_unless_equals_int(seen, kFrames);
      gst_harness_teardown(harness);
    }
}
GST_END_TEST;

static Suite* vis_segment_stream_suite() {
  Suite* suite = suite_create("vis_segment_stream");
  TCase* tests = tcase_create("stream");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_formats);
  tcase_add_test(tests, test_refused_formats);
  tcase_add_test(tests, test_small_buffer);
  tcase_add_test(tests, test_buffer_preserved);
  tcase_add_test(tests, test_same_memory);
  tcase_add_test(tests, test_repeated_masks_are_shared);
  tcase_add_test(tests, test_eos_drains);
  tcase_add_test(tests, test_downstream_error);
  tcase_add_test(tests, test_eos_without_frames);
  tcase_add_test(tests, test_drains);
  tcase_add_test(tests, test_events_keep_place);
  tcase_add_test(tests, test_lost_frames);
  tcase_add_test(tests, test_flush_drops);
  tcase_add_test(tests, test_step_back);
  tcase_add_test(tests, test_nothing_has_happened);
  tcase_add_test(tests, test_time_goes_on_by_either_clock);
  tcase_add_test(tests, test_backward);
  tcase_add_test(tests, test_holes);
  tcase_add_test(tests, test_frames_of_a_run);
  tcase_add_test(tests, test_caps_change);
  tcase_add_test(tests, test_same_caps_again);
  tcase_add_test(tests, test_shared_buffer);
  tcase_add_test(tests, test_allocation);
  tcase_add_test(tests, test_pool_of_fixed_size);
  return suite;
}

GST_CHECK_MAIN(vis_segment_stream)
