// SPDX-License-Identifier: LGPL-2.1-or-later
// dinofeatures: what it attaches and what it paints.
#include <array>
#include <cmath>
#include <set>

#include "check_annotators.hpp"

namespace {

const std::string kCaps = check::caps_string("RGB", 64, 48);
const GstVclBox kBox = {4, 8, 20, 12};  // whole patches of the test engine's default grid

const GstVclFeaturesMeta* features_of(GstBuffer* buffer) {
  const GstVclFeaturesMeta* meta = gst_buffer_get_vcl_features_meta(buffer);
  fail_unless(meta != nullptr, "the buffer has no features meta");
  return meta;
}

gfloat value_at(const GstVclFeaturesMeta* meta, guint channel, guint column, guint row) {
  return gst_vcl_features_meta_get_values(meta)[(channel * meta->grid_height + row) * meta->grid_width + column];
}

using Color = std::array<int, 3>;

Color pixel(GstBuffer* rgb, const GstVideoInfo& info, int x, int y) {
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &info, rgb, GST_MAP_READ));
  const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                     y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + 3 * x;
  const Color color = {data[0], data[1], data[2]};
  gst_video_frame_unmap(&frame);
  return color;
}

// The colours of a frame with `boxes` inside and outside of kBox, painted by `harness`; each must be one colour.
std::array<Color, 2> painted(GstHarness* harness, int n, const std::vector<GstVclBox>& boxes = {kBox}) {
  GstVideoInfo info = check::video_info(kCaps);
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, boxes));
  std::array<std::set<Color>, 2> colors;
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) {
      const bool inside = x >= kBox.x && x < kBox.x + kBox.width && y >= kBox.y && y < kBox.y + kBox.height;
      colors[inside].insert(pixel(out, info, x, y));
    }
  gst_buffer_unref(out);
  fail_unless(colors[0].size() == 1 && colors[1].size() == 1, "%d and %d colours", int(colors[0].size()),
              int(colors[1].size()));
  return {*colors[0].begin(), *colors[1].begin()};
}

}  // namespace

// The network sees the same picture in every format, with odd sizes and padded rows.
GST_START_TEST(test_formats) {
  for (const std::string& format : check::formats())
    for (const auto& [width, height, padding] :
         {std::array{64, 48, 0}, std::array{65, 49, 0}, std::array{33, 31, 12}}) {
      const std::string caps = check::caps_string(format, width, height);
      GstHarness* harness = check::start("dinofeatures", caps);
      GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, {{0, 0, 16, 16}}, padding));
      const GstVclFeaturesMeta* meta = features_of(out);
      fail_unless(meta->width == guint(width) && meta->height == guint(height));
      fail_unless(value_at(meta, 0, 1, 1) == 1 && value_at(meta, 1, 1, 1) == 0, "%s", format.c_str());
      fail_unless(value_at(meta, 0, 12, 10) == 0 && value_at(meta, 1, 12, 10) == 1, "%s", format.c_str());
      gst_buffer_unref(out);
      gst_harness_teardown(harness);
    }
  const std::string caps = check::caps_string("I420", 1, 1);
  GstHarness* harness = check::start("dinofeatures visualize=pca", caps);
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, {{0, 0, 1, 1}}, 3));
  fail_unless(value_at(features_of(out), 0, 5, 5) == 1);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Everything that the meta tells, and that each property reaches the network.
GST_START_TEST(test_meta) {
  GstHarness* harness =
      check::start("dinofeatures model=blob: facet=kqv layer=7 input-width=80 input-height=24", kCaps);
  check::push_frames(harness, kCaps, 0, 0, {kBox});
  gst_buffer_unref(gst_harness_pull(harness));
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 1, {kBox}));
  const GstVclFeaturesMeta* meta = features_of(out);
  fail_unless(meta->frame == 1 && meta->pts == 40 * GST_MSECOND && !meta->stale);
  fail_unless(meta->width == 64 && meta->height == 48 && meta->channels == 9);
  fail_unless(meta->grid_width == 20 && meta->grid_height == 6 && meta->stride == 4);
  fail_unless(meta->input_width == 80 && meta->input_height == 24);
  fail_unless(value_at(meta, 5, 3, 2) == 7 / 1024.0f);
  fail_unless_equals_string(meta->model, "blob:#kqv@7");
  GstCustomMeta* twin = gst_buffer_get_custom_meta(out, GST_VCL_FEATURES_CUSTOM_META_NAME);
  fail_unless(twin != nullptr);
  fail_unless_equals_string(gst_structure_get_string(gst_custom_meta_get_structure(twin), "model"), "blob:#kqv@7");
  gst_buffer_unref(out);
  gst_harness_teardown(harness);

  for (const char* side : {"input-width=32", "input-height=32"}) {  // the other side is the same
    harness = check::start(std::string("dinofeatures ") + side, kCaps);
    out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 0, {kBox}));
    meta = features_of(out);
    fail_unless(meta->input_width == 32 && meta->input_height == 32);
    fail_unless(g_str_has_suffix(meta->model, ".safetensors#k@-1"), "%s", meta->model);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// A layer that the model has not is an error before the first frame.
GST_START_TEST(test_wrong_layer) {
  const std::string text = check::error_of("dinofeatures layer=99", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  fail_unless(text.find("12 layers") != std::string::npos, "%s", text.c_str());
}
GST_END_TEST;

// Frames between repeat the very features, without a copy.
GST_START_TEST(test_repeated_features_are_shared) {
  GstHarness* harness = check::start("dinofeatures interval=2", kCaps);
  GstBuffer* first = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 0, {kBox}));
  GstBuffer* second = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 1, {}));
  const gfloat* values = gst_vcl_features_meta_get_values(features_of(first));
  fail_unless(gst_vcl_features_meta_get_values(features_of(second)) == values);
  fail_unless(features_of(second)->stale && features_of(second)->pts == 40 * GST_MSECOND);
  gst_buffer_unref(first);
  gst_harness_teardown(harness);
  fail_unless(value_at(features_of(second), 0, 1, 2) == 1, "features must outlive the element");
  gst_buffer_unref(second);
}
GST_END_TEST;

// Where there are no features yet, none are attached, and nothing is painted.
GST_START_TEST(test_gap_first) {
  GstHarness* harness = check::start("dinofeatures visualize=pca", kCaps);
  GstBuffer* gap = check::numbered_frame(kCaps, 0, {});
  GST_BUFFER_FLAG_SET(gap, GST_BUFFER_FLAG_GAP);
  GstBuffer* out = gst_harness_push_and_pull(harness, gap);
  fail_unless(gst_buffer_get_vcl_features_meta(out) == nullptr && GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_GAP));
  fail_unless(pixel(out, check::video_info(kCaps), 0, 0) == Color{});
  gst_buffer_unref(out);
  painted(harness, 1);
  gap = check::numbered_frame(kCaps, 2, {});
  GST_BUFFER_FLAG_SET(gap, GST_BUFFER_FLAG_GAP);
  out = gst_harness_push_and_pull(harness, gap);  // the features of frame 1, painted: no gap any more
  fail_unless(features_of(out)->stale && !GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_GAP));
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// What is alike has one colour, the same in every frame, also when the picture changes and comes back.
GST_START_TEST(test_pca) {
  GstHarness* harness = check::start("dinofeatures visualize=pca", kCaps);
  const auto first = painted(harness, 0);
  fail_if(first[0] == first[1]);
  for (int n = 1; n < 5; ++n) fail_unless(painted(harness, n) == first);
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
  fail_unless(painted(harness, 5) == first);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Yellow where the patch is like the one under the point, black where it is not; the point may move.
GST_START_TEST(test_similarity) {
  GstHarness* harness = check::start("dinofeatures visualize=similarity point-x=0.1 point-y=0.3 layer=0", kCaps);
  const Color yellow = {255, 255, 0};
  fail_unless(painted(harness, 0) == (std::array<Color, 2>{Color{}, yellow}));
  gst_harness_set(harness, "dinofeatures", "point-x", 1.0, "point-y", 1.0, nullptr);
  fail_unless(painted(harness, 1) == (std::array<Color, 2>{yellow, Color{}}));
  gst_harness_set(harness, "dinofeatures", "visualize", 1, nullptr);
  fail_if(painted(harness, 2)[0] == yellow);
  gst_harness_set(harness, "dinofeatures", "visualize", 0, nullptr);
  fail_unless(painted(harness, 3) == (std::array<Color, 2>{Color{}, Color{255, 255, 255}}));
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Yellow where the class token looks most, in the first frame; the scale then follows a twentieth of the way.
GST_START_TEST(test_attention) {
  GstHarness* harness = check::start("dinofeatures model=blob:fading=1 visualize=attention", kCaps);
  const Color yellow = {255, 255, 0};
  fail_unless(painted(harness, 0) == (std::array<Color, 2>{Color{}, yellow}));
  const double half = 0.5 / 0.975;  // a frame of half the attention, on a scale that went down by a fortieth
  const auto second = painted(harness, 1);
  fail_unless(second[0] == Color{} &&
                  second[1] == (Color{int(std::lround(255 * half)), int(std::lround(255 * half * half)), 0}),
              "%d %d", second[1][0], second[1][1]);
  gst_harness_set(harness, "dinofeatures", "visualize", 0, nullptr);
  fail_unless(painted(harness, 2) == (std::array<Color, 2>{Color{}, Color{255, 255, 255}}));
  gst_harness_teardown(harness);

  // A flush starts the scale anew.
  harness = check::start("dinofeatures model=blob:fading=1 visualize=attention", kCaps);
  painted(harness, 0);
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
  fail_unless(painted(harness, 1) == (std::array<Color, 2>{Color{}, yellow}));
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A frame that repeats features repeats their painting: the scale does not follow again.
GST_START_TEST(test_attention_repeated) {
  GstHarness* harness = check::start("dinofeatures model=blob:fading=1 visualize=attention interval=3", kCaps);
  const auto first = painted(harness, 0);
  fail_unless(painted(harness, 1) == first && painted(harness, 2) == first);
  fail_if(painted(harness, 3) == first);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A network without attention works until attention is to be painted; the error names property and cure.
GST_START_TEST(test_no_attention) {
  GstHarness* harness = check::start("dinofeatures model=blob:conv=1", kCaps);
  GstBus* bus = gst_bus_new();
  GstElement* element = gst_harness_find_element(harness, "dinofeatures");
  gst_element_set_bus(element, bus);
  painted(harness, 0);
  gst_harness_set(harness, "dinofeatures", "visualize", 3, nullptr);
  fail_unless_equals_int(gst_harness_push(harness, check::numbered_frame(kCaps, 1, {kBox})), GST_FLOW_ERROR);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS), "%s", error->message);
  fail_unless(g_strrstr(error->message, "visualize") && g_strrstr(error->message, "pca"), "%s", error->message);
  g_error_free(error);
  gst_message_unref(message);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(element);
  gst_object_unref(bus);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Painting covers every pixel of every format and nothing else, and leaves shared buffers alone.
GST_START_TEST(test_painting_in_formats) {
  for (const std::string& format : check::formats())
    for (const int width : {64, 65, 9}) {
      const std::string caps = check::caps_string(format, width, 49);
      GstVideoInfo info = check::video_info(caps);
      // Of a frame without features alike to anything but itself: all is yellow.
      GstHarness* harness = check::start("dinofeatures visualize=similarity layer=0", caps);
      GstBuffer* in = gst_buffer_ref(check::numbered_frame(caps, 0, {}, 5));
      GstBuffer* before = gst_buffer_copy_deep(in);
      GstBuffer* out = gst_harness_push_and_pull(harness, in);
      GstMapInfo old, painted;
      gst_buffer_map(before, &old, GST_MAP_READ);
      fail_unless(gst_buffer_memcmp(in, 0, old.data, old.size) == 0, "%s: a shared buffer is painted", format.c_str());
      gst_buffer_map(out, &painted, GST_MAP_READ);
      const GstVideoMeta* layout = gst_buffer_get_video_meta(out);
      const guint first = GST_VIDEO_INFO_COMP_POFFSET(&info, 0);
      const guint step = guint(GST_VIDEO_INFO_COMP_PSTRIDE(&info, 0));
      for (guint y = 0; y < 49; ++y) {
        const gsize row = y * gsize(layout->stride[0]);
        for (guint x = 0; x < guint(width); ++x)
          fail_if(painted.data[row + first + x * step] == old.data[row + first + x * step], "%s %u,%u", format.c_str(),
                  x, y);
        for (gsize i = gsize(width) * step; i < gsize(layout->stride[0]) && format != "NV12" && format != "I420"; ++i)
          fail_unless(painted.data[row + i] == old.data[row + i], "%s: the padding is painted", format.c_str());
      }
      gst_buffer_unmap(before, &old);
      gst_buffer_unmap(out, &painted);
      for (GstBuffer* buffer : {in, before, out}) gst_buffer_unref(buffer);
      gst_harness_teardown(harness);
    }
}
GST_END_TEST;

static Suite* dinofeatures_suite() {
  Suite* suite = suite_create("dinofeatures");
  TCase* tests = tcase_create("dinofeatures");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_formats);
  tcase_add_test(tests, test_meta);
  tcase_add_test(tests, test_wrong_layer);
  tcase_add_test(tests, test_repeated_features_are_shared);
  tcase_add_test(tests, test_gap_first);
  tcase_add_test(tests, test_pca);
  tcase_add_test(tests, test_similarity);
  tcase_add_test(tests, test_attention);
  tcase_add_test(tests, test_attention_repeated);
  tcase_add_test(tests, test_no_attention);
  tcase_add_test(tests, test_painting_in_formats);
  return suite;
}

GST_CHECK_MAIN(dinofeatures)
