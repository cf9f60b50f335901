// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment mode=whole: all frames are held back until the stream, or a part of it, ends.
#include "check_util.hpp"

namespace {

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

// Pulls frames `first`..`last`, in order and with one track, and no others.
void pull_frames(GstHarness* harness, int first, int last) {
  for (int n = first; n <= last; ++n) {
    GstBuffer* buffer = gst_harness_try_pull(harness);
    fail_unless(buffer != nullptr, "frame %d is missing", n);
    fail_unless_equals_uint64(GST_BUFFER_PTS(buffer), guint64(n) * 40 * GST_MSECOND);
    check::assert_box(gst_vcl_instances_meta_get_instance(check::meta_of(buffer), 0), kBoxes[0]);
    gst_buffer_unref(buffer);
  }
  fail_unless(gst_harness_try_pull(harness) == nullptr, "too many frames");
}

void seek(GstHarness* harness) {
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
}

}  // namespace

GST_START_TEST(test_everything_at_the_end) {
  GstHarness* harness = check::start("vcl-vis-segment mode=whole", kCaps);
  check::push_frames(harness, kCaps, 0, 59, kBoxes);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  fail_unless(gst_harness_query_latency(harness) < 2 * GST_SECOND);  // only inference: 60 frames would be 2.4 s
  gst_harness_push_event(harness, gst_event_new_eos());
  pull_frames(harness, 0, 59);
  gst_harness_teardown(harness);
}
GST_END_TEST;

GST_START_TEST(test_flush_drops) {
  GstHarness* harness = check::start("vcl-vis-segment mode=whole", kCaps);
  check::push_frames(harness, kCaps, 0, 9, kBoxes);
  seek(harness);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  check::push_frames(harness, kCaps, 20, 24, kBoxes);
  gst_harness_push_event(harness, gst_event_new_eos());
  pull_frames(harness, 20, 24);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A pool of three buffers must not run dry.
GST_START_TEST(test_pools_get_their_buffers_back) {
  GstHarness* harness = check::start("vcl-vis-segment mode=whole", kCaps);
  GstVideoInfo info = check::video_info(kCaps);
  GstBufferPool* pool = gst_buffer_pool_new();
  GstStructure* config = gst_buffer_pool_get_config(pool);
  g_autoptr(GstCaps) caps = gst_caps_from_string(kCaps.c_str());
  gst_buffer_pool_config_set_params(config, caps, guint(GST_VIDEO_INFO_SIZE(&info)), 3, 3);
  fail_unless(gst_buffer_pool_set_config(pool, config));
  fail_unless(gst_buffer_pool_set_active(pool, TRUE));
  GstBufferPoolAcquireParams params = {};
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  for (int n = 0; n < 10; ++n) {
    GstBuffer* buffer;
    fail_unless_equals_int(gst_buffer_pool_acquire_buffer(pool, &buffer, &params), GST_FLOW_OK);
    GstBuffer* drawn = check::numbered_frame(kCaps, n, kBoxes);
    GstMapInfo pixels;
    gst_buffer_map(drawn, &pixels, GST_MAP_READ);
    gst_buffer_fill(buffer, 0, pixels.data, pixels.size);
    gst_buffer_unmap(drawn, &pixels);
    gst_buffer_copy_into(buffer, drawn, GST_BUFFER_COPY_TIMESTAMPS, 0, gsize(-1));
    gst_buffer_unref(drawn);
    fail_unless_equals_int(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event(harness, gst_event_new_eos());
  pull_frames(harness, 0, 9);
  gst_harness_teardown(harness);
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}
GST_END_TEST;

static Suite* vis_segment_whole_suite() {
  Suite* suite = suite_create("vis_segment_whole");
  TCase* tests = tcase_create("whole");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_everything_at_the_end);
  tcase_add_test(tests, test_flush_drops);
  tcase_add_test(tests, test_pools_get_their_buffers_back);
  return suite;
}

GST_CHECK_MAIN(vis_segment_whole)
