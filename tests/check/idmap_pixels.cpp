// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-idmap: every pixel of its maps, mattes and cut-outs.
#include <array>
#include <limits>
#include <random>

#include "check_idmap.hpp"

namespace {

using check::assert_ids;
using check::assert_pixels;
using check::attach;
using check::box_mask;
using check::kCaps;
using check::kHeight;
using check::kWidth;
using check::Object;
using check::output_format;
using check::push_and_pull;
using check::topmost;

vcl::Mask random_mask(std::mt19937_64& random) {
  vcl::Mask mask(kWidth, kHeight);
  const int x0 = int(random() % kWidth), y0 = int(random() % kHeight);
  const int x1 = x0 + 1 + int(random() % std::uint64_t(kWidth - x0));
  const int y1 = y0 + 1 + int(random() % std::uint64_t(kHeight - y0));
  for (int y = y0; y < y1; ++y)
    for (int x = x0; x < x1; ++x) mask.at(x, y) = random() % 4 != 0;
  mask.at(x0, y0) = 1;
  return mask;
}

}  // namespace

// Maps of random overlapping masks in random order, of both widths, with ids that wrap round: the best score on top.
GST_START_TEST(test_ids) {
  std::mt19937_64 random(1);
  const std::vector<guint64> ids = {0, 1, 2, 254, 255, 256, 65534, 65535, 65536, G_MAXUINT64};
  const std::vector<float> scores = {0, 0.25f, 0.25f, 0.5f, 1, -std::numeric_limits<float>::infinity()};
  for (const char* format : {"GRAY8", "GRAY16_LE"}) {
    GstHarness* harness = check::start("vcl-idmap", kCaps);
    gst_harness_set_sink_caps_str(harness, ("video/x-raw,format=" + std::string(format)).c_str());
    for (int round = 0; round < 40; ++round) {
      std::vector<Object> objects;
      for (std::uint64_t i = random() % 6; i-- > 0;)
        objects.push_back({ids[random() % ids.size()], scores[random() % scores.size()], random_mask(random)});
      GstBuffer* out = push_and_pull(harness, kCaps, objects);
      assert_ids(out, format, objects);
      gst_buffer_unref(out);
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Every input format, odd sizes and padded rows. Unless downstream wants it otherwise, ids are GRAY8.
GST_START_TEST(test_formats) {
  const std::vector<Object> objects = {{9, 0.5f, box_mask({3, 5, 20, 10})}};
  for (const std::string& format : check::formats()) {
    const std::string caps = check::caps_string(format, kWidth, kHeight);
    GstHarness* harness = check::start("vcl-idmap", caps);
    GstBuffer* out = push_and_pull(harness, caps, objects);
    fail_unless(output_format(harness) == "GRAY8");
    assert_ids(out, "GRAY8", objects);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// 255 inside of the chosen tracks; which they are can change at any time.
GST_START_TEST(test_matte_of_tracks) {
  const std::vector<Object> objects = {{4, 0.9f, box_mask({0, 0, 10, 10})},
                                       {7, 0.8f, box_mask({5, 5, 20, 20})},
                                       {1ull << 40, 0.7f, box_mask({30, 0, 11, 29})}};
  GstHarness* harness = check::start("vcl-idmap output=matte tracks=7", kCaps);
  GstElement* element = gst_harness_find_element(harness, "vcl-idmap");
  const auto assert_shown = [&](const std::array<bool, 3>& shown) {
    GstBuffer* out = push_and_pull(harness, kCaps, objects);
    assert_pixels(out, check::caps_string("GRAY8", kWidth, kHeight), [&](int x, int y) {
      bool inside = false;
      for (std::size_t i = 0; i < 3; ++i) inside |= shown[i] && objects[i].mask.at(x, y);
      return inside ? 255u : 0u;
    });
    gst_buffer_unref(out);
  };
  assert_shown({false, true, false});
  g_object_set(element, "tracks", " 1099511627776 , 4,4 ", nullptr);
  assert_shown({true, false, true});
  g_object_set(element, "tracks", "5", nullptr);
  assert_shown({false, false, false});
  for (const char* all : {"", "  ", static_cast<const char*>(nullptr)}) {
    g_object_set(element, "tracks", "5", nullptr);
    g_object_set(element, "tracks", all, nullptr);
    assert_shown({true, true, true});
  }
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Maps of ids show the chosen tracks only, and what they cover then is seen.
GST_START_TEST(test_ids_of_tracks) {
  const std::vector<Object> objects = {{4, 0.9f, box_mask({0, 0, 10, 10})}, {7, 0.8f, box_mask({5, 5, 20, 20})}};
  GstHarness* harness = check::start("vcl-idmap tracks=7", kCaps);
  GstBuffer* out = push_and_pull(harness, kCaps, objects);
  assert_ids(out, "GRAY8", {objects[1]});
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Cut-outs have the colours of the video everywhere, and its alpha (or full alpha) inside of the mask.
GST_START_TEST(test_cutout) {
  const std::vector<Object> objects = {{4, 0.9f, box_mask({2, 3, 17, 11})}, {7, 0.8f, box_mask({5, 5, 20, 20})}};
  const GstVclBox white = {10, 0, 8, kHeight};
  for (const std::string& format : check::formats()) {
    const std::string caps = check::caps_string(format, kWidth, kHeight, "framerate=25/1,colorimetry=(string)bt601");
    const bool has_colorimetry = format == "I420" || format == "NV12";
    const std::string in_caps = has_colorimetry ? caps : check::caps_string(format, kWidth, kHeight);
    GstHarness* harness = check::start("vcl-idmap output=cutout", in_caps);
    GstBuffer* in = check::numbered_frame(in_caps, 0, {white}, 5);
    attach(in, objects);
    GstBuffer* out = gst_harness_push_and_pull(harness, in);
    fail_unless(output_format(harness) == "RGBA");
    // numbered_frame() paints alpha as it does colours: that of black is 0.
    const bool has_alpha = format.find('A') != std::string::npos && format != "GRAY8";
    assert_pixels(out, check::caps_string("RGBA", kWidth, kHeight), [&](int x, int y) {
      const bool is_white = x >= white.x && x < white.x + white.width;
      const bool shown = topmost(objects, x, y) && (is_white || !has_alpha);
      return (is_white ? 0xFFFFFFu : 0u) | (shown ? 0xFF000000u : 0u);
    });
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Frames without metadata, and with one of another geometry, are empty; one warning says why.
GST_START_TEST(test_without_geometry) {
  for (const char* output : {"ids", "matte", "cutout"})
    for (const GstVclBox& reference :
         {GstVclBox{}, GstVclBox{0, 0, kHeight, kWidth}, GstVclBox{0, 0, kWidth, 10},
          GstVclBox{0, 0, 2 * kWidth, 2 * kHeight}, GstVclBox{0, 0, kWidth - 1, kHeight}}) {
      GstHarness* harness = check::start("vcl-idmap output=" + std::string(output), kCaps);
      GstBus* bus = gst_bus_new();
      gst_element_set_bus(harness->element, bus);
      for (int n = 0; n < 3; ++n) {
        GstBuffer* in = check::numbered_frame(kCaps, n, {});
        if (reference.width > 0) {
          auto* meta = gst_buffer_add_vcl_instances_meta(in, guint(reference.width), guint(reference.height));
          vcl::Mask mask(reference.width, reference.height);
          for (auto& pixel : mask.pixels) pixel = 1;
          const std::string rle = vcl::rle_to_string(vcl::rle_encode(mask));
          gst_vcl_instances_meta_add_instance(meta, 1, 1, GST_VCL_INSTANCE_FLAG_NONE, rle.c_str(), nullptr);
        }
        GstBuffer* out = gst_harness_push_and_pull(harness, in);
        const std::string format = output == std::string("cutout") ? "RGBA" : "GRAY8";
        assert_pixels(out, check::caps_string(format, kWidth, kHeight), [](int, int) { return 0u; });
        gst_buffer_unref(out);
      }
      const std::string warning = check::only_warning(bus);
      const std::string named =
          reference.width > 0 ? std::to_string(reference.width) + "x" + std::to_string(reference.height) : "metadata";
      fail_unless(warning.find(named) != std::string::npos, "%s", warning.c_str());
      gst_element_set_bus(harness->element, nullptr);
      gst_object_unref(bus);
      gst_harness_teardown(harness);
    }
}
GST_END_TEST;

// Scores that are no numbers lie below the others; a meta whose size was falsified paints within the frame only.
GST_START_TEST(test_hostile_metas) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Object> objects = {{3, none, box_mask({0, 0, 41, 29})},
                                       {4, 0.5f, box_mask({0, 0, 10, 10})},
                                       {5, none, box_mask({5, 5, 20, 20})},
                                       {6, 0.6f, box_mask({2, 2, 12, 4})}};
  GstHarness* harness = check::start("vcl-idmap", kCaps);
  GstBuffer* out = push_and_pull(harness, kCaps, objects);
  assert_ids(out, "GRAY8", objects);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);

  const std::string small = check::caps_string("RGB", 20, 10);
  for (const char* output : {"ids", "matte", "cutout"}) {
    harness = check::start("vcl-idmap output=" + std::string(output), small);
    GstBuffer* in = check::numbered_frame(small, 0, {});
    attach(in, {{3, 0.5f, box_mask({15, 5, 20, 20})}, {4, 0.5f, box_mask({25, 15, 10, 10})}});
    GstVclInstancesMeta* meta = check::meta_of(in);
    meta->width = 20;
    meta->height = 10;
    out = gst_harness_push_and_pull(harness, in);
    const guint64 inside = output == std::string("ids") ? 3 : output == std::string("matte") ? 255 : 0xFF000000u;
    const std::string format = output == std::string("cutout") ? "RGBA" : "GRAY8";
    assert_pixels(out, check::caps_string(format, 20, 10),
                  [&](int x, int y) { return x >= 15 && y >= 5 ? inside : 0u; });
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

static Suite* idmap_pixels_suite() {
  Suite* suite = suite_create("idmap_pixels");
  TCase* tests = tcase_create("idmap_pixels");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_ids);
  tcase_add_test(tests, test_formats);
  tcase_add_test(tests, test_matte_of_tracks);
  tcase_add_test(tests, test_ids_of_tracks);
  tcase_add_test(tests, test_cutout);
  tcase_add_test(tests, test_without_geometry);
  tcase_add_test(tests, test_hostile_metas);
  return suite;
}

GST_CHECK_MAIN(idmap_pixels)
