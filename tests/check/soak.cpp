// SPDX-License-Identifier: LGPL-2.1-or-later
// Long streams: memory, buffers and files in use stay what they were after a tenth of it. VCL_SOAK_FRAMES for longer
// ones.
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>

#include "check_util.hpp"

namespace {

// GStreamer, GLib and the elements keep small things to use them again; what leaks with each frame, or each track, is
// thousands of times as much.
constexpr gint64 kMemoryTolerance = 256 << 10;
// Pages that the allocator has not given back, which a moving picture of what is free needs.
constexpr gint64 kResidentTolerance = 8 << 20;

const std::string kCaps = check::caps_string("RGB", 32, 24);

const std::vector<std::string> kPipelines = {
    "vcl-vis-segment ! vcl-overlay trails=true ! vcl-export json-location=/dev/null",
    "dinofeatures visualize=pca ! maskcut track=true crf=false ! vcl-overlay trails=true ! vcl-export "
    "json-location=/dev/null"};

constexpr int kPeriod = 280;  // frames

std::atomic<int> live_buffers = 0;

struct Use {
  gint64 memory, resident, files, buffers;

  static Use now() {
    const auto info = mallinfo2();
    gint64 pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    const auto files = std::filesystem::directory_iterator("/proc/self/fd");
    return {gint64(info.uordblks + info.hblkhd), pages * 4096, std::distance(begin(files), end(files)), live_buffers};
  }
};

// Boxes that come and go, so that tracks begin and end; now and then the stream breaks off.
GstBuffer* frame(int n) {
  std::vector<GstVclBox> boxes;
  if (n % 40 < 30) boxes.push_back({n % 40 / 2, 2, 8, 5});
  if (n % 70 < 50) boxes.push_back({15, 15 - n % 70 / 4, 10, 6});
  GstBuffer* buffer = check::numbered_frame(kCaps, n, boxes);
  if (n % 500 == 499) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  ++live_buffers;
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT_CAST(buffer), [](gpointer, GstMiniObject*) { --live_buffers; }, nullptr);
  return buffer;
}

int frames_of_soak() {
  const char* value = g_getenv("VCL_SOAK_FRAMES");
  return value ? atoi(value) : 10000;
}

void push(GstHarness* harness, int first, int last) {
  for (int n = first; n < last; ++n) {
    fail_unless_equals_int(gst_harness_push(harness, frame(n)), GST_FLOW_OK);
    while (GstBuffer* buffer = gst_harness_try_pull(harness)) gst_buffer_unref(buffer);
    while (GstEvent* event = gst_harness_try_pull_event(harness)) gst_event_unref(event);
  }
}

void assert_no_more(const char* what, gint64 before, gint64 after, gint64 tolerance) {
  fail_unless(after - before <= tolerance, "%s: %" G_GINT64_FORMAT " after a tenth, %" G_GINT64_FORMAT " at the end",
              what, before, after);
}

}  // namespace

GST_START_TEST(test_nothing_grows) {
  const int frames = frames_of_soak();
  GstHarness* harness = check::start(kPipelines[std::size_t(__i__)], kCaps);
  // Whole periods of the scene, so that as many tracks are alive.
  const int warm = std::max(frames / 10 / kPeriod, 1) * kPeriod, end = std::max(frames / kPeriod, 2) * kPeriod;
  push(harness, 0, warm);
  const Use before = Use::now();
  push(harness, warm, end);
  const Use after = Use::now();
  GST_INFO("memory %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", resident %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
           before.memory, after.memory, before.resident, after.resident);
  assert_no_more("bytes in use", before.memory, after.memory, kMemoryTolerance);
  assert_no_more("bytes resident", before.resident, after.resident, kResidentTolerance);
  assert_no_more("open files", before.files, after.files, 0);
  assert_no_more("live buffers", before.buffers, after.buffers, 0);
  gst_harness_teardown(harness);
  fail_unless_equals_int(live_buffers, 0);
}
GST_END_TEST;

namespace {

Suite* soak_suite() {
  Suite* suite = suite_create("soak");
  TCase* cases = tcase_create("soak");
  tcase_set_timeout(cases, 60 + frames_of_soak() / 10.);
  suite_add_tcase(suite, cases);
  tcase_add_loop_test(cases, test_nothing_grows, 0, int(kPipelines.size()));
  return suite;
}

}  // namespace

GST_CHECK_MAIN(soak);
