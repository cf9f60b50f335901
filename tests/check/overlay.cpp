// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-overlay draws where the instances are, in their colors, and nowhere else.
#include <algorithm>
#include <clocale>
#include <cmath>

#include "check_idmap.hpp"

namespace {

const GstVclBox kBox = {20, 30, 24, 16};

// How much each pixel of the first frame changed between two buffers: the largest difference over components.
std::vector<int> difference(GstVideoInfo* info, GstBuffer* before, GstBuffer* after) {
  GstVideoFrame a, b;
  fail_unless(gst_video_frame_map(&a, info, before, GST_MAP_READ) &&
              gst_video_frame_map(&b, info, after, GST_MAP_READ));
  const int width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
  std::vector<int> result(std::size_t(width) * std::size_t(height));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&a); ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const auto at = [&](GstVideoFrame& frame) {
          return static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(
              &frame, c))[(y >> GST_VIDEO_FORMAT_INFO_H_SUB(info->finfo, c)) * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c) +
                          (x >> GST_VIDEO_FORMAT_INFO_W_SUB(info->finfo, c)) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c)];
        };
        int& largest = result[std::size_t(y) * std::size_t(width) + std::size_t(x)];
        largest = std::max(largest, std::abs(int(at(a)) - int(at(b))));
      }
  gst_video_frame_unmap(&a);
  gst_video_frame_unmap(&b);
  return result;
}

// Segments and draws a frame with kBox; returns what the drawing changed.
std::vector<int> drawn(const std::string& format, int width, int height, int padding, const std::string& style) {
  const std::string caps = check::caps_string(format, width, height);
  GstVideoInfo info = check::video_info(caps);
  GstHarness* harness = check::start("vcl-vis-segment window=1 ! vcl-overlay " + style, caps);
  GstBuffer* before = check::frame_with_boxes(&info, {kBox}, padding);
  GstBuffer* after = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, {kBox}, padding));
  std::vector<int> changes = difference(&info, before, after);
  gst_buffer_unref(before);
  gst_buffer_unref(after);
  gst_harness_teardown(harness);
  return changes;
}

int count_changes(const std::vector<int>& changes, int width, const GstVclBox& box, bool inside) {
  int count = 0;
  for (int i = 0; i < int(changes.size()); ++i) {
    const int x = i % width, y = i / width;
    const bool in = x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
    count += in == inside && changes[std::size_t(i)] > 0;
  }
  return count;
}

}  // namespace

// Every format: the mask's pixels change, others do not. Chroma of subsampled formats may reach a pixel further.
GST_START_TEST(test_masks_only_inside) {
  for (const std::string& format : check::formats())
    for (const int width : {80, 81}) {
      const int height = width - 15;
      const auto changes = drawn(format, width, height, 5, "labels=false contours=false");
      const int inside = count_changes(changes, width, kBox, true);
      fail_unless_equals_int(inside, kBox.width * kBox.height);
      const GstVclBox margin = {kBox.x - 1, kBox.y - 1, kBox.width + 2, kBox.height + 2};
      fail_unless_equals_int(count_changes(changes, width, margin, false), 0);
    }
}
GST_END_TEST;

// A contour is as thick as told, and lies inside of the mask.
GST_START_TEST(test_contours) {
  for (const int thickness : {1, 3}) {
    const auto changes = drawn("RGB", 80, 60, 0, "labels=false masks=false thickness=" + std::to_string(thickness));
    const int inner = (kBox.width - 2 * thickness) * (kBox.height - 2 * thickness);
    fail_unless_equals_int(count_changes(changes, 80, kBox, true), kBox.width * kBox.height - inner);
    fail_unless_equals_int(count_changes(changes, 80, kBox, false), 0);
  }
}
GST_END_TEST;

// A box is that of the mask, whatever the mask's shape, and as thick as told; a thin object's box is no thicker than
// it.
GST_START_TEST(test_boxes) {
  vcl::Mask corner(check::kWidth, check::kHeight);
  for (int i = 0; i < 12; ++i) corner.at(5, 6 + i) = corner.at(5 + i, 17) = 1;
  vcl::Mask dot(check::kWidth, check::kHeight);
  dot.at(30, 3) = 1;
  for (const int thickness : {1, 4}) {
    const std::string style = " masks=false contours=false labels=false boxes=true palette=0000ff,ff8001 thickness=";
    GstHarness* harness = check::start("vcl-overlay" + style + std::to_string(thickness), check::kCaps);
    const std::vector<check::Object> objects = {{2, 0.9f, corner}, {3, 0.8f, dot}};
    GstBuffer* painted = check::push_and_pull(harness, check::kCaps, objects);
    check::assert_pixels(painted, check::kCaps, [&](int x, int y) {
      if (x == 30 && y == 3) return 0xff0000u;  // the palette begins again; red comes first in memory
      const int inward = std::min({x - 5, 16 - x, y - 6, 17 - y});
      return inward >= 0 && inward < thickness ? 0x0180ffu : 0u;
    });
    gst_buffer_unref(painted);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Tracks take the colors of the palette in turn; blanks and # are passed over.
GST_START_TEST(test_palette) {
  for (const guint64 track : {1, 2, 3, 4, 301}) {
    GstHarness* harness = check::start(
        "vcl-overlay contours=false labels=false opacity=1 palette=\" 010203 ,#040506,070809\"", check::kCaps);
    GstBuffer* painted = check::push_and_pull(harness, check::kCaps, {{track, 0.9f, check::box_mask({10, 10, 5, 5})}});
    const guint64 colors[] = {0x030201, 0x060504, 0x090807};
    check::assert_pixels(painted, check::kCaps, [&](int x, int y) {
      return x >= 10 && x < 15 && y >= 10 && y < 15 ? colors[(track - 1) % 3] : 0;
    });
    gst_buffer_unref(painted);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// What is no list of colors: a warning while it plays, and the colors stay; an error of the next start, which names it.
GST_START_TEST(test_bad_palette) {
  for (const char* text :
       {"red", "12345", "1234567", "-12345", "0x1234", "12345g", ",", "010203,", "##010203", "1 2345"}) {
    GstHarness* harness = check::start("vcl-overlay palette=7f0000", check::kCaps);
    GstBus* bus = gst_bus_new();
    GstElement* element = gst_harness_find_element(harness, "vcl-overlay");
    gst_element_set_bus(element, bus);
    g_object_set(element, "palette", text, nullptr);
    fail_unless(check::only_warning(bus).find("\"" + std::string(text) + "\"") != std::string::npos);
    gchar* kept;
    g_object_get(element, "palette", &kept, nullptr);
    fail_unless_equals_string(kept, "7f0000");
    g_free(kept);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
    gst_harness_teardown(harness);
    const std::string error = check::error_of("vcl-overlay palette=\"" + std::string(text) + "\"", GST_RESOURCE_ERROR,
                                              GST_RESOURCE_ERROR_SETTINGS);
    fail_unless(error.find("e6194b,3cb44b") != std::string::npos, "%s", error.c_str());
  }
}
GST_END_TEST;

// One warning says that instances are for frames of another size, however many frames there are.
GST_START_TEST(test_instances_of_another_size) {
  GstHarness* harness = check::start("vcl-overlay", check::kCaps);
  GstBus* bus = gst_bus_new();
  GstElement* element = gst_harness_find_element(harness, "vcl-overlay");
  gst_element_set_bus(element, bus);
  for (int n = 0; n < 3; ++n) {
    GstBuffer* frame = check::numbered_frame(check::kCaps, n, {});
    gst_buffer_add_vcl_instances_meta(frame, 40, 30);
    gst_buffer_unref(gst_harness_push_and_pull(harness, frame));
  }
  fail_unless(check::only_warning(bus).find("40x30") != std::string::npos);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Ids and scores are switched by themselves: each takes its part of the label, and without both there is none.
GST_START_TEST(test_ids_and_scores) {
  const std::string style = "masks=false contours=false palette=ffffff ";
  const auto pixels = [&](const std::string& more) {
    const auto changes = drawn("RGB", 80, 60, 0, style + more);
    return std::ranges::count_if(changes, [](int change) { return change == 255; });
  };
  const auto both = pixels(""), ids = pixels("scores=false"), scores = pixels("ids=false");
  fail_unless(ids > 0 && scores > 0 && both == ids + scores, "%d %d %d", int(both), int(ids), int(scores));
  fail_unless_equals_int(pixels("ids=false scores=false"), 0);
}
GST_END_TEST;

// Text is as large, to the frame, in small frames and large ones.
GST_START_TEST(test_text_follows_the_frame) {
  const auto ink = [](int times) {
    const auto changes = drawn("RGB", 320 * times, 240 * times, 0, "masks=false contours=false palette=ffffff");
    return int(std::ranges::count_if(changes, [](int change) { return change == 255; }));
  };
  const int once = ink(1);
  fail_unless(once > 20);
  fail_unless_equals_int(ink(3), 9 * once);
}
GST_END_TEST;

// The label stands above the box, within the frame.
GST_START_TEST(test_labels) {
  const auto changes = drawn("I420", 80, 60, 0, "masks=false contours=false");
  const GstVclBox label_area = {0, kBox.y - 10, 80, 12};
  fail_unless(count_changes(changes, 80, label_area, true) > 30);
  fail_unless_equals_int(count_changes(changes, 80, label_area, false), 0);
}
GST_END_TEST;

// The label is the same in an application with decimal commas; tests/long.sh german brings that locale.
GST_START_TEST(test_labels_of_any_locale) {
  const auto in_c = drawn("RGB", 80, 60, 0, "masks=false contours=false");
  setlocale(LC_ALL, "de_DE.UTF-8");
  const auto in_german = drawn("RGB", 80, 60, 0, "masks=false contours=false");
  setlocale(LC_ALL, "C");
  fail_unless(in_c == in_german);
}
GST_END_TEST;

// Nothing switched on, nothing changed.
GST_START_TEST(test_nothing) {
  for (const char* style : {"masks=false contours=false labels=false", "labels=false contours=false opacity=0"}) {
    const auto changes = drawn("NV12", 80, 60, 0, style);
    fail_unless_equals_int(count_changes(changes, 80, {0, 0, 80, 60}, true), 0);
  }
}
GST_END_TEST;

// The trail joins the places where the track has been, until a flush.
GST_START_TEST(test_trails) {
  const std::string caps = check::caps_string("GRAY8", 80, 60);
  GstVideoInfo info = check::video_info(caps);
  GstHarness* harness =
      check::start("vcl-vis-segment window=1 ! vcl-overlay masks=false contours=false labels=false trails=true", caps);
  const auto changed_pixels = [&](int n, const GstVclBox& box) {
    GstBuffer* before = check::frame_with_boxes(&info, {box});
    GstBuffer* after = gst_harness_push_and_pull(harness, check::numbered_frame(caps, n, {box}));
    const int count = count_changes(difference(&info, before, after), 80, {0, 0, 80, 60}, true);
    gst_buffer_unref(before);
    gst_buffer_unref(after);
    return count;
  };
  fail_unless_equals_int(changed_pixels(0, {0, 0, 20, 20}), 0);
  fail_unless(changed_pixels(1, {10, 0, 20, 20}) >= 10);
  fail_unless(changed_pixels(2, {20, 0, 20, 20}) >= 20);
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
  fail_unless_equals_int(changed_pixels(3, {20, 0, 20, 20}), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Frames without instances, or with instances of another geometry, pass unharmed.
GST_START_TEST(test_without_meta) {
  const std::string caps = check::caps_string("RGB", 80, 60);
  GstVideoInfo info = check::video_info(caps);
  GstHarness* harness = check::start("vcl-overlay", caps);
  for (const bool wrong_meta : {false, true}) {
    GstBuffer* in = check::numbered_frame(caps, 0, {kBox});
    if (wrong_meta) gst_buffer_add_vcl_instances_meta(in, 40, 30);
    GstBuffer* before = check::frame_with_boxes(&info, {kBox});
    GstBuffer* after = gst_harness_push_and_pull(harness, in);
    fail_unless_equals_int(count_changes(difference(&info, before, after), 80, {0, 0, 80, 60}, true), 0);
    gst_buffer_unref(before);
    gst_buffer_unref(after);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* overlay_suite() {
  Suite* suite = suite_create("overlay");
  TCase* tests = tcase_create("overlay");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_masks_only_inside);
  tcase_add_test(tests, test_contours);
  tcase_add_test(tests, test_boxes);
  tcase_add_test(tests, test_palette);
  tcase_add_test(tests, test_bad_palette);
  tcase_add_test(tests, test_instances_of_another_size);
  tcase_add_test(tests, test_ids_and_scores);
  tcase_add_test(tests, test_text_follows_the_frame);
  tcase_add_test(tests, test_labels);
  tcase_add_test(tests, test_labels_of_any_locale);
  tcase_add_test(tests, test_nothing);
  tcase_add_test(tests, test_trails);
  tcase_add_test(tests, test_without_meta);
  return suite;
}

GST_CHECK_MAIN(overlay)
