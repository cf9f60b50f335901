// SPDX-License-Identifier: LGPL-2.1-or-later
// What dinofeatures and maskcut have in common: buffers, caps and events.
#include "check_annotators.hpp"

namespace {

using check::kAnnotators;
using check::push_and_see;
using check::Seen;
using check::seen;

const std::vector<GstVclBox> kBoxes = {{4, 8, 20, 12}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

Seen push(GstHarness* harness, int n, const std::string& caps = kCaps) {
  return push_and_see(harness, check::numbered_frame(caps, n, kBoxes));
}

void flush(GstHarness* harness) {
  fail_unless(gst_harness_push_event(harness, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE)));
}

void send_segment(GstHarness* harness, GstFormat format = GST_FORMAT_TIME) {
  GstSegment segment;
  gst_segment_init(&segment, format);
  fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
}

}  // namespace

// Times, flags, offsets, other metas and every pixel leave as they came, and the pixels are not even copied.
GST_START_TEST(test_buffer_preserved) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element, kCaps);
    GstBuffer* in = check::numbered_frame(kCaps, 5, kBoxes, 7);
    GST_BUFFER_DTS(in) = 123;
    GST_BUFFER_OFFSET(in) = 77;
    GST_BUFFER_FLAG_SET(in, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_CORRUPTED);
    GstCaps* reference = gst_caps_new_empty_simple("timestamp/x-check");
    gst_buffer_add_reference_timestamp_meta(in, reference, 99, GST_CLOCK_TIME_NONE);
    GstBuffer* original = gst_buffer_copy_deep(in);
    gst_buffer_ref(in);  // others hold it: it must be neither changed nor its pixels copied
    GstBuffer* out = gst_harness_push_and_pull(harness, in);
    seen(out);
    fail_unless(out != in && gst_buffer_get_vcl_features_meta(in) == nullptr &&
                gst_buffer_get_vcl_instances_meta(in) == nullptr);
    fail_unless(gst_buffer_peek_memory(out, 0) == gst_buffer_peek_memory(in, 0), "%s copies the pixels",
                element.c_str());
    fail_unless(GST_BUFFER_PTS(out) == GST_BUFFER_PTS(original) && GST_BUFFER_DTS(out) == 123);
    fail_unless(GST_BUFFER_DURATION(out) == 40 * GST_MSECOND && GST_BUFFER_OFFSET(out) == 77);
    fail_unless(GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_CORRUPTED));
    fail_unless(gst_buffer_get_reference_timestamp_meta(out, reference) != nullptr);
    GstMapInfo map;
    gst_buffer_map(original, &map, GST_MAP_READ);
    fail_unless(gst_buffer_get_size(out) == map.size && gst_buffer_memcmp(out, 0, map.data, map.size) == 0);
    gst_buffer_unmap(original, &map);
    gst_caps_unref(reference);
    gst_buffer_unref(in);
    gst_buffer_unref(original);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

GST_START_TEST(test_refused_frames) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = gst_harness_new_parse(element.c_str());
    gst_harness_set_src_caps_str(harness, "video/x-raw,format=Y444,width=16,height=16,framerate=25/1");
    fail_unless_equals_int(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 768, nullptr)),
                           GST_FLOW_NOT_NEGOTIATED);
    gst_harness_teardown(harness);
    harness = check::start(element, kCaps);  // a buffer smaller than its caps is an error, not a crash
    fail_unless_equals_int(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// There is nothing to see in a buffer that is flagged as a gap; the flag stays.
GST_START_TEST(test_gap_buffer) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element, kCaps);
    push(harness, 0);
    GstBuffer* gap = check::numbered_frame(kCaps, 1, {});
    GST_BUFFER_FLAG_SET(gap, GST_BUFFER_FLAG_GAP);
    gst_buffer_ref(gap);  // so that a copy of it comes out
    GstBuffer* out = gst_harness_push_and_pull(harness, gap);
    fail_unless(out != gap && seen(out).stale && GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_GAP));
    gst_buffer_unref(gap);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// After a flush numbering starts again, and the first frame is inferred whatever the interval.
GST_START_TEST(test_flush) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element + " interval=100", kCaps);
    fail_if(push(harness, 0).stale);
    fail_unless(push(harness, 1).stale);
    flush(harness);
    send_segment(harness);
    const Seen frame = push(harness, 20);
    fail_unless(!frame.stale && frame.frame == 0);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Old results are not carried over into what is unrelated: the next frame is inferred.
GST_START_TEST(test_restarts) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element + " interval=100", kCaps);
    const auto expect = [&](int n, bool stale) { fail_unless(push(harness, n).stale == stale, "frame %d", n); };
    expect(0, false);
    gst_harness_push_event(harness, gst_event_new_gap(40 * GST_MSECOND, 80 * GST_MSECOND));
    expect(3, true);
    gst_harness_push_event(harness, gst_event_new_gap(160 * GST_MSECOND, 2 * GST_SECOND));
    expect(60, false);
    send_segment(harness);
    expect(61, true);
    expect(30, false);  // a step back
    const auto discont = [&](int n) {
      GstBuffer* buffer = check::numbered_frame(kCaps, n, kBoxes);
      GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
      return push_and_see(harness, buffer).stale;
    };
    fail_unless(discont(31), "DISCONT alone says nothing");
    fail_unless(discont(34), "a few lost frames are no reason");
    fail_if(discont(90));
    gst_harness_push_event(harness, gst_event_new_eos());
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// New caps in mid-stream: results of the new size, at once. Caps of the same pictures change nothing.
GST_START_TEST(test_caps_change) {
  const std::string larger = check::caps_string("I420", 81, 61, "framerate=30/1");
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element + " interval=100", kCaps);
    push(harness, 0);
    GstCaps* caps = gst_caps_from_string((kCaps + ",remark=(string)check").c_str());
    fail_unless(gst_harness_push_event(harness, gst_event_new_caps(caps)));
    gst_caps_unref(caps);
    fail_unless(push(harness, 1).stale);
    gst_harness_set_src_caps_str(harness, larger.c_str());
    const Seen frame = push(harness, 2, larger);
    fail_unless(!frame.stale && frame.width == 81 && frame.height == 61 && frame.frame == 2);
    const std::string other_format = check::caps_string("GRAY8", 81, 61, "framerate=50/1");
    gst_harness_set_src_caps_str(harness, other_format.c_str());
    fail_unless(push(harness, 3, other_format).stale);
    fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
    fail_unless(gst_harness_push_event(harness, gst_event_new_stream_start("another input")));
    gst_harness_set_src_caps_str(harness, kCaps.c_str());
    send_segment(harness);
    fail_unless_equals_uint64(push(harness, 0).frame, 0);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Frames without times, in a segment of bytes, as appsrc sends them unless told otherwise.
GST_START_TEST(test_without_times) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element, kCaps);
    send_segment(harness, GST_FORMAT_BYTES);
    for (int n = 0; n < 3; ++n) {
      GstBuffer* buffer = check::numbered_frame(kCaps, n, kBoxes);
      if (n != 2) GST_BUFFER_PTS(buffer) = GST_CLOCK_TIME_NONE;
      fail_if(push_and_see(harness, buffer).stale);
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Flushing seeks, paused and playing.
GST_START_TEST(test_seeks) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball ! video/x-raw,width=64,height=48 ! dinofeatures visualize=pca ! maskcut track=true "
      "crf=false ! fakesink sync=false",
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, check::kPatience), GST_STATE_CHANGE_SUCCESS);
  for (int i = 0; i < 8; ++i) {
    if (i == 4) gst_element_set_state(pipeline, GST_STATE_PLAYING);
    fail_unless(
        gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GstClockTime(10 - i) * GST_SECOND));
    fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, check::kPatience),
                           GST_STATE_CHANGE_SUCCESS);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST;

// Several in one pipeline, side by side; one behind the other, the later one's results replace the earlier's.
GST_START_TEST(test_two_instances) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=64,height=48 ! tee name=t ! queue ! dinofeatures ! "
      "maskcut crf=false ! fakesink t. ! queue ! maskcut crf=false ! dinofeatures ! fakesink",
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  check::wait_for_eos(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);

  GstHarness* harness =
      check::start("dinofeatures input-width=16 ! dinofeatures ! vcl-vis-segment window=1 ! maskcut ! maskcut", kCaps);
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 0, kBoxes));
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VCL_FEATURES_META_API_TYPE), 1);
  fail_unless_equals_int(gst_buffer_get_vcl_features_meta(out)->grid_width, 16);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VCL_INSTANCES_META_API_TYPE), 1);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 1);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* annotators_stream_suite() {
  Suite* suite = suite_create("annotators_stream");
  TCase* tests = tcase_create("annotators_stream");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_buffer_preserved);
  tcase_add_test(tests, test_refused_frames);
  tcase_add_test(tests, test_gap_buffer);
  tcase_add_test(tests, test_flush);
  tcase_add_test(tests, test_restarts);
  tcase_add_test(tests, test_caps_change);
  tcase_add_test(tests, test_without_times);
  tcase_add_test(tests, test_seeks);
  tcase_add_test(tests, test_two_instances);
  return suite;
}

GST_CHECK_MAIN(annotators_stream)
