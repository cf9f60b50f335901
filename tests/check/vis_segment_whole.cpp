// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment mode=whole: all frames are held back until the stream, or a part of it, ends.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

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
  const gint64 start = g_get_monotonic_time();
  GstHarness* harness = check::start("vcl-vis-segment mode=whole", kCaps);
  check::push_frames(harness, kCaps, 0, 59, kBoxes);
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  // Only inference, which took no longer than all this: 60 frames would be 2.4 s.
  fail_unless(gst_harness_query_latency(harness) < check::time_since(start));
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

// A pool of three buffers must not run dry, whether they or shallow copies of them are held back.
GST_START_TEST(test_pools_get_their_buffers_back) {
  GstHarness* harness = check::start("vcl-vis-segment mode=whole", kCaps);
  check::SmallPool pool(kCaps, 3);
  for (int n = 0; n < 10; ++n)
    fail_unless_equals_int(gst_harness_push(harness, pool.numbered_frame(n, kBoxes)), GST_FLOW_OK);
  gst_harness_push_event(harness, gst_event_new_eos());
  pull_frames(harness, 0, 9);
  gst_harness_teardown(harness);
}
GST_END_TEST;

namespace {

constexpr int kWidth = 1920, kHeight = 1080, kStride = 3 * kWidth + 64, kFrames = 60;
const std::string kLargeCaps = check::caps_string("RGB", kWidth, kHeight);
constexpr guint64 kMemory = 256 << 20;  // what may be held in memory: 42 of these frames

GstCaps* reference() {
  static GstCaps* const caps = gst_caps_new_empty_simple("timestamp/x-check");
  return caps;
}

// Frame number n in one grey of its own, with padded rows and everything else that a buffer can carry.
GstBuffer* large_frame(int n) {
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, gsize(kStride) * kHeight, nullptr);
  gst_buffer_memset(frame, 0, guint8(n), gsize(-1));
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {kStride};
  gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, kWidth, kHeight, 1, offsets,
                                 strides);
  gst_buffer_add_reference_timestamp_meta(frame, reference(), GstClockTime(n), GST_CLOCK_TIME_NONE);
  GST_BUFFER_PTS(frame) = GstClockTime(n) * 40 * GST_MSECOND;
  GST_BUFFER_DTS(frame) = GstClockTime(n);
  GST_BUFFER_DURATION(frame) = GstClockTime(100 + n);
  GST_BUFFER_OFFSET(frame) = guint64(200 + n);
  GST_BUFFER_OFFSET_END(frame) = guint64(300 + n);
  GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_MARKER);
  return frame;
}

int large_frames_seen;

// Compares with large_frame(n) for the next n.
GstFlowReturn check_large_frame(GstPad*, GstObject*, GstBuffer* out) {
  const int n = large_frames_seen++;
  fail_unless(GST_BUFFER_PTS(out) == GstClockTime(n) * 40 * GST_MSECOND && GST_BUFFER_DTS(out) == GstClockTime(n));
  fail_unless(GST_BUFFER_DURATION(out) == GstClockTime(100 + n) && GST_BUFFER_OFFSET(out) == guint64(200 + n) &&
              GST_BUFFER_OFFSET_END(out) == guint64(300 + n));
  fail_unless(GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_MARKER));
  const auto* time = gst_buffer_get_reference_timestamp_meta(out, reference());
  fail_unless(time && time->timestamp == GstClockTime(n));
  fail_unless(check::meta_of(out)->frame == guint64(n));
  GstVideoInfo info = check::video_info(kLargeCaps);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &info, out, GST_MAP_READ));
  fail_unless_equals_int(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), kStride);
  fail_unless_equals_int(gst_buffer_n_memory(out), 1);
  const auto* pixels = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  fail_unless(std::all_of(pixels, pixels + gsize(kStride) * kHeight, [n](guint8 value) { return value == n; }),
              "pixels of frame %d", n);
  gst_video_frame_unmap(&frame);
  gst_buffer_unref(out);
  return GST_FLOW_OK;
}

// Not where a sanitizer keeps what is freed.
void limit_memory_to(guint64 bytes_more) {
#ifndef __SANITIZE_ADDRESS__
  std::ifstream status("/proc/self/statm");
  guint64 pages = 0;
  status >> pages;
  const rlim_t most = pages * 4096 + bytes_more;
  const rlimit limit = {most, most};
  fail_unless_equals_int(setrlimit(RLIMIT_AS, &limit), 0);
#else
  (void)bytes_more;
#endif
}

// Pushes large frames until one is refused, which must come soon after memory is full, and returns the error's text.
std::string error_when_memory_is_full(GstHarness* harness) {
  g_autoptr(GstBus) bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  GstFlowReturn flow = GST_FLOW_OK;
  int n = 0;
  for (; flow == GST_FLOW_OK && n < kFrames; ++n) flow = gst_harness_push(harness, large_frame(n));
  fail_unless_equals_int(flow, GST_FLOW_ERROR);
  fail_unless_equals_int(n, int(kMemory / (guint64(kStride) * kHeight)) + 1);
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s", error->message);
  // The stream is over; nothing comes out of it any more, and nothing else goes wrong.
  gst_harness_push_event(harness, gst_event_new_eos());
  fail_unless_equals_int(gst_harness_buffers_received(harness), 0);
  fail_if(gst_bus_have_pending(bus) && gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
  gst_element_set_bus(harness->element, nullptr);
  return error->message;
}

}  // namespace

// Frames beyond what memory may hold wait in a file and come back as they were.
GST_START_TEST(test_memory_is_bounded) {
  GstHarness* harness = check::start("vcl-vis-segment mode=whole interval=1000", kLargeCaps);
  gst_pad_set_chain_function(harness->sinkpad, check_large_frame);
  limit_memory_to(kMemory + (64 << 20));
  for (int n = 0; n < kFrames; ++n) fail_unless_equals_int(gst_harness_push(harness, large_frame(n)), GST_FLOW_OK);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless_equals_int(large_frames_seen, kFrames);
  gst_harness_teardown(harness);
}
GST_END_TEST;

GST_START_TEST(test_no_folder_for_frames) {
  g_setenv("TMPDIR", "/nonexistent/folder", TRUE);
  GstHarness* harness = check::start("vcl-vis-segment mode=whole interval=1000", kLargeCaps);
  const std::string text = error_when_memory_is_full(harness);
  fail_unless(text.find("TMPDIR") != std::string::npos && text.find("video frames") != std::string::npos, "%s",
              text.c_str());
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A file that may not grow stands for a full disk. After the error the element can be used again.
GST_START_TEST(test_full_disk) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit = {1 << 20, 1 << 20};
  fail_unless_equals_int(setrlimit(RLIMIT_FSIZE, &limit), 0);
  GstHarness* harness = check::start("vcl-vis-segment mode=whole interval=1000", kLargeCaps);
  const std::string text = error_when_memory_is_full(harness);
  fail_unless(text.find("TMPDIR") != std::string::npos && text.find(g_get_tmp_dir()) != std::string::npos, "%s",
              text.c_str());
  gst_harness_push_event(harness, gst_event_new_stream_start("again"));
  seek(harness);
  gst_harness_set_src_caps_str(harness, kCaps.c_str());
  check::push_frames(harness, kCaps, 3, 5, kBoxes);
  gst_harness_push_event(harness, gst_event_new_eos());
  pull_frames(harness, 3, 5);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* vis_segment_whole_suite() {
  Suite* suite = suite_create("vis_segment_whole");
  TCase* tests = tcase_create("whole");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_everything_at_the_end);
  tcase_add_test(tests, test_flush_drops);
  tcase_add_test(tests, test_pools_get_their_buffers_back);
  tcase_add_test(tests, test_memory_is_bounded);
  tcase_add_test(tests, test_no_folder_for_frames);
  tcase_add_test(tests, test_full_disk);
  return suite;
}

GST_CHECK_MAIN(vis_segment_whole)
