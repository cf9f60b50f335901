// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-idmap in its stream: negotiation, what stays of the frame, errors, and the elements that it works with.
#include "check_idmap.hpp"
#include "gst/vcl/gstvclfeaturesmeta.h"

namespace {

using check::assert_ids;
using check::assert_pixels;
using check::attach;
using check::box_mask;
using check::kCaps;
using check::kHeight;
using check::kWidth;
using check::Object;
using check::only_warning;
using check::output_format;
using check::push_and_pull;

}  // namespace

// What is no list of ids: a warning while it plays, and the tracks stay; an error of the next start, which names it.
GST_START_TEST(test_bad_tracks) {
  const std::vector<Object> objects = {{4, 0.9f, box_mask({0, 0, 10, 10})}, {7, 0.8f, box_mask({5, 5, 20, 20})}};
  for (const char* text : {"x", "1,", ",1", "1,,2", "-1", "+1", "1 2", "0x1", "1.5", "18446744073709551616", "1;2"}) {
    GstHarness* harness = check::start("vcl-idmap tracks=7", kCaps);
    GstElement* element = gst_harness_find_element(harness, "vcl-idmap");
    GstBus* bus = gst_bus_new();
    gst_element_set_bus(element, bus);
    g_object_set(element, "tracks", text, nullptr);
    const std::string warning = only_warning(bus);
    fail_unless(warning.find("\"" + std::string(text) + "\"") != std::string::npos, "%s", warning.c_str());
    gchar* kept = nullptr;
    g_object_get(element, "tracks", &kept, nullptr);
    fail_unless_equals_string(kept, "7");
    g_free(kept);
    GstBuffer* out = push_and_pull(harness, kCaps, objects);
    assert_ids(out, "GRAY8", {objects[1]});
    gst_buffer_unref(out);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
    gst_harness_teardown(harness);
    const std::string error = check::error_of("vcl-idmap tracks=\"" + std::string(text) + "\"", GST_RESOURCE_ERROR,
                                              GST_RESOURCE_ERROR_SETTINGS);
    fail_unless(error == warning, "%s", error.c_str());
  }
  GstHarness* harness = check::start("vcl-idmap tracks=nonsense tracks=7", kCaps);
  GstBuffer* out = push_and_pull(harness, kCaps, objects);
  assert_ids(out, "GRAY8", {objects[1]});
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A scaled frame has scaled instances: the map fits them.
GST_START_TEST(test_scaled) {
  GstHarness* harness = check::start("videoscale ! video/x-raw,width=82,height=58 ! vcl-idmap", kCaps);
  GstBuffer* out = push_and_pull(harness, kCaps, {{1, 1, box_mask({4, 6, 10, 8})}});
  assert_pixels(out, check::caps_string("GRAY8", 82, 58),
                [](int x, int y) { return x >= 8 && x < 28 && y >= 12 && y < 28 ? 1u : 0u; });
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A buffer that is too small for its caps is an error where its pixels are needed.
GST_START_TEST(test_truncated_frame) {
  GstHarness* harness = check::start("vcl-idmap output=cutout", kCaps);
  fail_unless_equals_int(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Times, flags, the instances in all three forms, features and crops stay; what is said of the input's memory and its
// colours does not.
GST_START_TEST(test_what_stays) {
  const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_COLORSPACE_STR, nullptr};
  gst_meta_register_custom("VclTestColors", tags, nullptr, nullptr, nullptr);
  GstHarness* harness = check::start("vcl-idmap", kCaps);
  GstBuffer* in = check::numbered_frame(kCaps, 3, {}, 7);
  GST_BUFFER_DTS(in) = 111;
  GST_BUFFER_OFFSET(in) = 5;
  const auto flags = GstBufferFlags(GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_DROPPABLE);
  GST_BUFFER_FLAG_SET(in, flags);
  attach(in, {{9, 0.5f, box_mask({3, 5, 20, 10})}});
  gst_buffer_add_vcl_instances_custom_meta(in);
  auto* roi = gst_buffer_add_video_region_of_interest_meta(in, "instance", 3, 5, 20, 10);
  gst_video_region_of_interest_meta_add_param(roi, gst_structure_new_empty("detection"));
  const float value = 1;
  GBytes* features = g_bytes_new(&value, sizeof value);
  gst_buffer_add_vcl_features_meta(in, kWidth, kHeight, 1, 1, 1, features);
  g_bytes_unref(features);
  gst_buffer_add_video_crop_meta(in)->width = 12;
  gst_buffer_add_custom_meta(in, "VclTestColors");
  GstBuffer* out = gst_harness_push_and_pull(harness, in);

  fail_unless_equals_uint64(GST_BUFFER_PTS(out), 120 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(out), 40 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_DTS(out), 111);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(out), 5);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out, flags) && (GST_BUFFER_FLAGS(out) & flags) == guint(flags));
  const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(check::meta_of(out), 0);
  check::assert_box(instance, {3, 5, 20, 10});
  fail_unless(gst_buffer_get_custom_meta(out, GST_VCL_INSTANCES_CUSTOM_META_NAME) != nullptr);
  roi = gst_buffer_get_video_region_of_interest_meta_id(out, 0);
  fail_unless(roi && gst_video_region_of_interest_meta_get_param(roi, "detection") != nullptr);
  fail_unless(gst_buffer_get_vcl_features_meta(out) != nullptr);
  fail_unless(gst_buffer_get_video_crop_meta(out) && gst_buffer_get_video_crop_meta(out)->width == 12);
  fail_unless(gst_buffer_get_n_meta(out, GST_VIDEO_META_API_TYPE) <= 1);
  fail_unless(gst_buffer_get_custom_meta(out, "VclTestColors") == nullptr);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Each side learns the other's size and frame rate, and the formats of its own; what cannot be is refused.
GST_START_TEST(test_negotiation) {
  struct Case {
    const char *output, *downstream, *upstream_may, *result;
  };
  for (const Case& c :
       {Case{"ids", "video/x-raw", "RGB", "GRAY8"},
        Case{"ids", "video/x-raw,format={RGBA,GRAY16_LE}", "I420", "GRAY16_LE"},
        Case{"ids", "video/x-raw,format={GRAY16_LE,GRAY8}", "NV12", "GRAY8"},
        Case{"ids", "video/x-raw,format=GRAY16_LE;video/x-raw,format=GRAY8", "BGR", "GRAY8"},
        Case{"matte", "video/x-raw,format={GRAY16_LE,GRAY8}", "RGB", "GRAY8"},
        Case{"cutout", "video/x-raw,format={GRAY8,RGBA}", "I420", "RGBA"},
        Case{"ids", "video/x-raw,format=RGBA", "RGB", ""}, Case{"cutout", "video/x-raw,format=GRAY8", "RGB", ""}}) {
    GstHarness* harness = gst_harness_new_parse(("vcl-idmap output=" + std::string(c.output)).c_str());
    GstCaps* downstream = gst_caps_from_string(c.downstream);
    gst_caps_set_simple(downstream, "width", G_TYPE_INT, 41, "height", G_TYPE_INT, 29, "framerate", GST_TYPE_FRACTION,
                        25, 1, nullptr);
    gst_harness_set_sink_caps(harness, downstream);
    GstCaps* accepted = gst_pad_peer_query_caps(harness->srcpad, nullptr);
    fail_unless(gst_caps_is_empty(accepted) == (*c.result == 0), "%s to %s", c.output, c.downstream);
    const auto allows = [&](const std::string& caps) {
      GstCaps* wanted = gst_caps_from_string(caps.c_str());
      const bool can = gst_caps_can_intersect(accepted, wanted);
      gst_caps_unref(wanted);
      return can;
    };
    if (*c.result) {
      fail_unless(allows(check::caps_string(c.upstream_may, 41, 29)));
      fail_unless(!allows(check::caps_string(c.upstream_may, 42, 29)) && !allows(check::caps_string("Y444", 41, 29)));
      fail_unless(!allows(check::caps_string(c.upstream_may, 41, 29, "framerate=30/1")));
    }
    gst_caps_unref(accepted);
    gst_harness_set_src_caps_str(harness, check::caps_string(c.upstream_may, 41, 29).c_str());
    GstBuffer* in = check::numbered_frame(check::caps_string(c.upstream_may, 41, 29), 0, {});
    attach(in, {});
    fail_unless_equals_int(gst_harness_push(harness, in), *c.result ? GST_FLOW_OK : GST_FLOW_NOT_NEGOTIATED);
    if (*c.result) fail_unless(output_format(harness) == c.result);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// New caps in the middle of the stream: the frames that follow are of the new size.
GST_START_TEST(test_new_caps) {
  GstHarness* harness = check::start("vcl-idmap", check::caps_string("I420", 20, 10));
  GstBuffer* in = check::numbered_frame(check::caps_string("I420", 20, 10), 0, {});
  GstBuffer* out = gst_harness_push_and_pull(harness, in);
  assert_pixels(out, check::caps_string("GRAY8", 20, 10), [](int, int) { return 0u; });
  gst_buffer_unref(out);
  gst_harness_set_src_caps_str(harness, kCaps.c_str());
  const std::vector<Object> objects = {{9, 0.5f, box_mask({3, 5, 20, 10})}};
  out = push_and_pull(harness, kCaps, objects);
  assert_ids(out, "GRAY8", objects);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// The matte is the alpha of a video that alphacombine makes, of limited range and of full.
GST_START_TEST(test_alphacombine) {
  for (const char* colorimetry : {"bt601", "bt709", "1:4:0:0"}) {
    const std::string caps =
        check::caps_string("I420", 40, 30, "framerate=25/1,colorimetry=" + std::string(colorimetry));
    GstHarness* harness = check::start(
        "vcl-vis-segment window=1 ! tee name=t ! queue ! alphacombine name=c t. ! queue ! vcl-idmap output=matte ! "
        "c.alpha c. ! videoconvert ! capsfilter caps=video/x-raw,format=RGBA",
        caps);
    GstVclBox box = {4, 6, 20, 12};
    gst_harness_push(harness, check::numbered_frame(caps, 0, {box}));
    GstBuffer* out = gst_harness_pull(harness);
    fail_unless(out != nullptr);
    GstVideoInfo info = check::video_info(check::caps_string("RGBA", 40, 30));
    GstVideoFrame frame;
    fail_unless(gst_video_frame_map(&frame, &info, out, GST_MAP_READ));
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 40; ++x) {
        const bool inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
        const guint8* row =
            static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
        fail_unless_equals_int(row[4 * x + 3], inside ? 255 : 0);
      }
    gst_video_frame_unmap(&frame);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Lateness drops no frame: what is composed of video and matte needs both.
GST_START_TEST(test_no_quality_of_service) {
  GstHarness* harness = check::start("vcl-idmap", kCaps);
  gst_harness_push_upstream_event(harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, GST_SECOND, 100 * GST_SECOND));
  for (int n = 0; n < 3; ++n) gst_harness_push(harness, check::numbered_frame(kCaps, n, {}));
  fail_unless_equals_int(int(gst_harness_buffers_received(harness)), 3);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* idmap_stream_suite() {
  Suite* suite = suite_create("idmap_stream");
  TCase* tests = tcase_create("idmap_stream");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_bad_tracks);
  tcase_add_test(tests, test_scaled);
  tcase_add_test(tests, test_truncated_frame);
  tcase_add_test(tests, test_what_stays);
  tcase_add_test(tests, test_negotiation);
  tcase_add_test(tests, test_new_caps);
  tcase_add_test(tests, test_alphacombine);
  tcase_add_test(tests, test_no_quality_of_service);
  return suite;
}

GST_CHECK_MAIN(idmap_stream)
