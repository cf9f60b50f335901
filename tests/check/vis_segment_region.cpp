// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: where it looks, by the properties region and mask.
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "check_util.hpp"

namespace {

using check::meta_of;

GstElement* element_of(GstHarness* harness) {
  return gst_harness_find_element(harness, "vcl-vis-segment");
}

GstSample* mask_with_box(const std::string& format, int width, int height, const GstVclBox& white) {
  GstVideoInfo info = check::video_info(check::caps_string(format, width, height));
  GstBuffer* buffer = check::frame_with_boxes(&info, {white}, 3);
  GstCaps* caps = gst_video_info_to_caps(&info);
  GstSample* sample = gst_sample_new(buffer, caps, nullptr, nullptr);
  gst_caps_unref(caps);
  gst_buffer_unref(buffer);
  return sample;
}

void set_mask(GstHarness* harness, GstSample* mask) {
  GstElement* element = element_of(harness);
  g_object_set(element, "mask", mask, nullptr);
  gst_object_unref(element);
  if (mask) gst_sample_unref(mask);
}

void set_region(GstHarness* harness, const char* region) {
  GstElement* element = element_of(harness);
  g_object_set(element, "region", region, nullptr);
  gst_object_unref(element);
}

std::vector<GstVclBox> boxes_of(GstBuffer* buffer) {
  std::vector<GstVclBox> boxes;
  GstVclInstancesMeta* meta = meta_of(buffer);
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    boxes.emplace_back();
    gst_vcl_instance_get_box(gst_vcl_instances_meta_get_instance(meta, i), &boxes.back());
  }
  return boxes;
}

void assert_boxes(GstBuffer* buffer, const std::vector<GstVclBox>& expected) {
  const std::vector<GstVclBox> boxes = boxes_of(buffer);
  fail_unless_equals_int(boxes.size(), expected.size());
  GstVclInstancesMeta* meta = meta_of(buffer);
  for (guint i = 0; i < expected.size(); ++i)
    check::assert_box(gst_vcl_instances_meta_get_instance(meta, i), expected[i]);
}

/// The text of the warning on the bus of the harness's element; "": there is none.
std::string take_warning(GstBus* bus) {
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
  if (!message) return "";
  GError* error = nullptr;
  gst_message_parse_warning(message, &error, nullptr);
  const std::string text = error->message;
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  g_error_free(error);
  gst_message_unref(message);
  return text;
}

/// Bytes.
rlim_t used_address_space() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * rlim_t(sysconf(_SC_PAGESIZE));
}

const std::vector<GstVclBox> kBoxes = {{4, 6, 10, 10}, {30, 20, 16, 8}, {50, 2, 6, 6}};

}  // namespace

// Objects inside whole, those across cut off, those outside not at all; coordinates, pixels and size stay the frame's.
GST_START_TEST(test_region) {
  for (const std::string& format : check::formats())
    for (const char* mode : {"window", "whole"}) {
      const std::string caps = check::caps_string(format, 64, 48);
      GstHarness* harness = check::start(std::string("vcl-vis-segment window=2 region=36,0,28,25 mode=") + mode, caps);
      check::push_frames(harness, caps, 0, 4, kBoxes);
      fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
      for (int n = 0; n <= 4; ++n) {
        GstBuffer* out = gst_harness_pull(harness);
        fail_unless_equals_int(meta_of(out)->width, 64);
        fail_unless_equals_int(meta_of(out)->height, 48);
        assert_boxes(out, {{50, 2, 6, 6}, {36, 20, 10, 5}});
        GstBuffer* in = check::numbered_frame(caps, n, kBoxes);
        GstMapInfo bytes;
        fail_unless(gst_buffer_map(in, &bytes, GST_MAP_READ));
        fail_unless(gst_buffer_memcmp(out, 0, bytes.data, bytes.size) == 0, "%s: pixels changed", format.c_str());
        gst_buffer_unmap(in, &bytes);
        gst_buffer_unref(in);
        gst_buffer_unref(out);
      }
      gst_harness_teardown(harness);
    }
}
GST_END_TEST;

// A mask of another size is stretched; it holds for the region, too.
GST_START_TEST(test_mask) {
  const std::string caps = check::caps_string("I420", 64, 48);
  for (const char* region : {"", "region=2,4,60,40"}) {
    GstHarness* harness = check::start(std::string("vcl-vis-segment window=1 ") + region, caps);
    set_mask(harness, mask_with_box("GRAY8", 32, 24, {0, 0, 17, 24}));  // the left 34 columns are shown
    check::push_frames(harness, caps, 0, 0, kBoxes);
    GstBuffer* out = gst_harness_pull(harness);
    assert_boxes(out, {{4, 6, 10, 10}, {30, 20, 4, 8}});
    gst_buffer_unref(out);
    set_mask(harness, nullptr);
    check::push_frames(harness, caps, 1, 1, kBoxes);
    out = gst_harness_pull(harness);
    fail_unless_equals_int(boxes_of(out).size(), 3);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// While it plays: frames that wait are of the region before, tracks end, and no frame is lost.
GST_START_TEST(test_change_in_playing) {
  const std::string caps = check::caps_string("GRAY8", 64, 48);
  GstHarness* harness = check::start("vcl-vis-segment window=3 region=0,0,20,48", caps);
  check::push_frames(harness, caps, 0, 3, kBoxes);
  set_region(harness, "48,0,16,48");
  check::push_frames(harness, caps, 4, 6, kBoxes);
  set_region(harness, nullptr);
  check::push_frames(harness, caps, 7, 8, kBoxes);
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  std::vector<guint64> first_ids;
  for (int n = 0; n <= 8; ++n) {
    GstBuffer* out = gst_harness_pull(harness);
    GstVclInstancesMeta* meta = meta_of(out);
    fail_unless_equals_uint64(meta->frame, n);
    if (n < 4)
      assert_boxes(out, {kBoxes[0]});
    else if (n < 7)
      assert_boxes(out, {kBoxes[2]});
    else
      fail_unless_equals_int(boxes_of(out).size(), 3);
    const guint64 id = gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta, 0));
    if (n == 0 || n == 4 || n == 7) {
      for (const guint64 before : first_ids) fail_unless(id > before, "an id came back");
      first_ids.push_back(id);
    }
    fail_unless_equals_uint64(id, first_ids.back());
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// What is of no use is a warning while it plays, and what was there before holds on.
GST_START_TEST(test_refused_in_playing) {
  const std::string caps = check::caps_string("GRAY8", 64, 48);
  GstHarness* harness = check::start("vcl-vis-segment window=1 region=0,0,20,48", caps);
  GstElement* element = element_of(harness);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  for (const char* region : {"0,0,20", "0,0,0,48", "-1,0,20,48", "left", "0,0,20,48,", "0;0;20;48"}) {
    set_region(harness, region);
    const std::string warning = take_warning(bus);
    fail_unless(warning.find(region) != std::string::npos, "%s", warning.c_str());
    gchar* kept = nullptr;
    g_object_get(element, "region", &kept, nullptr);
    fail_unless_equals_string(kept, "0,0,20,48");
    g_free(kept);
  }
  set_mask(harness, mask_with_box("RGB", 64, 48, {0, 0, 64, 48}));
  fail_unless(take_warning(bus).find("GRAY8") != std::string::npos);
  set_mask(harness, gst_sample_new(nullptr, nullptr, nullptr, nullptr));
  fail_unless(take_warning(bus).find("GRAY8") != std::string::npos);
  check::push_frames(harness, caps, 0, 0, kBoxes);
  GstBuffer* out = gst_harness_pull(harness);
  assert_boxes(out, {kBoxes[0]});
  gst_buffer_unref(out);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A mask that memory has no room for is refused as any other: no exception may pass GObject.
GST_START_TEST(test_mask_that_is_too_large) {
  constexpr int kSide = 16384;
  constexpr std::size_t kBytes = std::size_t(kSide) * kSide;
  GstHarness* harness = check::start("vcl-vis-segment window=1", check::caps_string("GRAY8", 64, 48));
  GstElement* element = element_of(harness);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(element, bus);

  const std::string beyond = check::caps_string("GRAY8", 40000, 40000);
  for (const std::string& text : {beyond, check::caps_string("GRAY8", kSide, kSide)}) {
    void* pixels = mmap(nullptr, kBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    fail_unless(pixels != MAP_FAILED);
    GstBuffer* buffer =
        gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, pixels, kBytes, 0, kBytes, nullptr, nullptr);
    GstCaps* caps = gst_caps_from_string(text.c_str());
    rlimit before{};
    fail_unless_equals_int(getrlimit(RLIMIT_AS, &before), 0);
    const rlimit little{used_address_space() + kBytes / 2, before.rlim_max};
    if (text != beyond) fail_unless_equals_int(setrlimit(RLIMIT_AS, &little), 0);
    set_mask(harness, gst_sample_new(buffer, caps, nullptr, nullptr));
    fail_unless_equals_int(setrlimit(RLIMIT_AS, &before), 0);
    const std::string warning = take_warning(bus);
    fail_unless(warning.find(text == beyond ? "40000x40000" : "out of memory") != std::string::npos, "%s",
                warning.c_str());
    GstSample* kept = nullptr;
    g_object_get(element, "mask", &kept, nullptr);
    fail_unless(kept == nullptr);
    gst_caps_unref(caps);
    gst_buffer_unref(buffer);
    munmap(pixels, kBytes);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    break;  // its allocator ends the process where memory is short
#endif
  }
  set_mask(harness, mask_with_box("GRAY8", 64, 48, {0, 0, 64, 48}));
  set_mask(harness, nullptr);
  fail_unless_equals_string(take_warning(bus).c_str(), "");
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// The warning is posted when all is done: a handler in the same thread may set the property.
GST_START_TEST(test_handler_of_the_warning) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", check::caps_string("GRAY8", 64, 48));
  GstElement* element = element_of(harness);
  GstBus* bus = gst_bus_new();
  gst_bus_set_sync_handler(
      bus,
      [](GstBus*, GstMessage* message, gpointer data) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) g_object_set(data, "region", "0,0,8,8", nullptr);
        return GST_BUS_PASS;
      },
      element, nullptr);
  gst_element_set_bus(element, bus);
  set_region(harness, "left");
  gchar* kept = nullptr;
  g_object_get(element, "region", &kept, nullptr);
  fail_unless_equals_string(kept, "0,0,8,8");
  g_free(kept);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

GST_START_TEST(test_errors) {
  const auto names = [](const std::string& text, const char* word) {
    fail_unless(text.find(word) != std::string::npos, "%s", text.c_str());
  };
  names(check::error_of("vcl-vis-segment region=1,2,3", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS), "1,2,3");
  names(check::error_of("vcl-vis-segment region=0,0,321,240", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT), "320x240");
  names(check::error_of("vcl-vis-segment region=400,0,4,4", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT), "400,0,4,4");
}
GST_END_TEST;

// Frames of another size in the middle: a region that lies in them too goes on, another one ends the stream.
GST_START_TEST(test_other_size) {
  const std::string caps = check::caps_string("GRAY8", 64, 48), larger = check::caps_string("GRAY8", 80, 60),
                    smaller = check::caps_string("GRAY8", 32, 48);
  GstHarness* harness = check::start("vcl-vis-segment window=3 region=36,0,28,25", caps);
  set_mask(harness, mask_with_box("GRAY8", 8, 8, {0, 0, 8, 8}));
  check::push_frames(harness, caps, 0, 1, kBoxes);
  gst_harness_set_src_caps_str(harness, larger.c_str());
  check::push_frames(harness, larger, 2, 3, kBoxes);
  gst_harness_set_src_caps_str(harness, smaller.c_str());
  for (int n = 0; n <= 3; ++n) {
    GstBuffer* out = gst_harness_pull(harness);
    fail_unless_equals_int(meta_of(out)->width, n < 2 ? 64 : 80);
    fail_unless_equals_uint64(meta_of(out)->frame, n);
    assert_boxes(out, {{50, 2, 6, 6}, {36, 20, 10, 5}});
    gst_buffer_unref(out);
  }
  fail_unless_equals_int(gst_harness_push(harness, check::numbered_frame(smaller, 4, {})), GST_FLOW_ERROR);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* region_suite() {
  Suite* suite = suite_create("vis-segment-region");
  TCase* tests = tcase_create("region");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_region);
  tcase_add_test(tests, test_mask);
  tcase_add_test(tests, test_change_in_playing);
  tcase_add_test(tests, test_refused_in_playing);
  tcase_add_test(tests, test_mask_that_is_too_large);
  tcase_add_test(tests, test_handler_of_the_warning);
  tcase_add_test(tests, test_errors);
  tcase_add_test(tests, test_other_size);
  return suite;
}

GST_CHECK_MAIN(region)
