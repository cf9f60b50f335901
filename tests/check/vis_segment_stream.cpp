// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: formats, buffers, and the order of events round the frames that are held back.
#include <array>

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

// GAP, SEGMENT and a drain query send on what is held back.
GST_START_TEST(test_drains) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  for (GstEvent* event :
       {gst_event_new_gap(GST_SECOND, 2 * GST_SECOND), gst_event_new_gap(GST_SECOND, GST_CLOCK_TIME_NONE),
        gst_event_new_segment(&segment), gst_event_new_stream_start("again")}) {
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

// DISCONT and a step back in time send on what is held back and start new tracks.
GST_START_TEST(test_discontinuities) {
  GstHarness* harness = check::start("vcl-vis-segment window=3", kCaps);
  check::push_frames(harness, kCaps, 5, 6, kBoxes);
  GstBuffer* discont = check::numbered_frame(kCaps, 7, kBoxes);
  GST_BUFFER_FLAG_SET(discont, GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int(gst_harness_push(harness, discont), GST_FLOW_OK);
  const guint64 first = pull_frames(harness, 5, 2);
  check::push_frames(harness, kCaps, 2, 2, kBoxes);
  const guint64 second = pull_frames(harness, 7, 1);
  fail_unless(second > first);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless(pull_frames(harness, 2, 1) > second);
  gst_harness_teardown(harness);
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
  tcase_add_test(tests, test_discontinuities);
  tcase_add_test(tests, test_caps_change);
  tcase_add_test(tests, test_same_caps_again);
  tcase_add_test(tests, test_shared_buffer);
  tcase_add_test(tests, test_allocation);
  return suite;
}

GST_CHECK_MAIN(vis_segment_stream)
