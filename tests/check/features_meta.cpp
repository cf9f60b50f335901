// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVclFeaturesMeta and its custom twin: what they hold, and what other elements make of them.
#include <array>

#include "check_util.hpp"
#include "gst/vcl/gstvclfeaturesmeta.h"

namespace {

constexpr int kWidth = 64, kHeight = 48;
constexpr guint kChannels = 2, kColumns = 4, kRows = 3;

GBytes* numbers() {
  std::vector<gfloat> values(kChannels * kColumns * kRows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = gfloat(i) / 8;
  return g_bytes_new(values.data(), values.size() * sizeof(gfloat));
}

GstBuffer* frame_with_features(const std::string& caps) {
  GstBuffer* buffer = check::numbered_frame(caps, 3, {});
  GBytes* data = numbers();
  GstVclFeaturesMeta* meta =
      gst_buffer_add_vcl_features_meta(buffer, kWidth, kHeight, kChannels, kColumns, kRows, data);
  fail_unless(meta != nullptr);
  g_bytes_unref(data);
  meta->frame = 5;
  meta->stride = 16;
  meta->input_width = 70;
  meta->input_height = 50;
  meta->stale = TRUE;
  meta->model = g_strdup("m.safetensors#k@-1");
  fail_unless(gst_buffer_add_vcl_features_custom_meta(buffer) != nullptr);
  return buffer;
}

const GstStructure* twin_of(GstBuffer* buffer) {
  GstCustomMeta* twin = gst_buffer_get_custom_meta(buffer, GST_VCL_FEATURES_CUSTOM_META_NAME);
  return twin ? gst_custom_meta_get_structure(twin) : nullptr;
}

// All but the size, which is that of the frame.
void assert_whole(GstBuffer* buffer, guint width, guint height) {
  const GstVclFeaturesMeta* meta = gst_buffer_get_vcl_features_meta(buffer);
  fail_unless(meta != nullptr, "the features are lost");
  fail_unless(meta->width == width && meta->height == height, "%ux%u", meta->width, meta->height);
  fail_unless(meta->channels == kChannels && meta->grid_width == kColumns && meta->grid_height == kRows);
  fail_unless(meta->stride == 16 && meta->input_width == 70 && meta->input_height == 50);
  fail_unless(meta->frame == 5 && meta->pts == 120 * GST_MSECOND && meta->stale);
  fail_unless_equals_string(meta->model, "m.safetensors#k@-1");
  GBytes* expected = numbers();
  fail_unless(g_bytes_equal(meta->data, expected));
  g_bytes_unref(expected);
  fail_unless(gst_vcl_features_meta_get_values(meta)[9] == 9 / 8.0f);

  const GstStructure* twin = twin_of(buffer);
  fail_unless(twin != nullptr, "the custom twin is lost");
  guint64 frame, pts;
  gint w, h, channels, columns, rows, stride, input_width, input_height;
  gboolean stale;
  GBytes* data;
  fail_unless(gst_structure_get(twin, "frame", G_TYPE_UINT64, &frame, "pts", G_TYPE_UINT64, &pts, "width", G_TYPE_INT,
                                &w, "height", G_TYPE_INT, &h, "channels", G_TYPE_INT, &channels, "grid-width",
                                G_TYPE_INT, &columns, "grid-height", G_TYPE_INT, &rows, "stride", G_TYPE_INT, &stride,
                                "input-width", G_TYPE_INT, &input_width, "input-height", G_TYPE_INT, &input_height,
                                "stale", G_TYPE_BOOLEAN, &stale, "data", G_TYPE_BYTES, &data, nullptr));
  fail_unless(w == gint(width) && h == gint(height) && channels == kChannels && columns == kColumns && rows == kRows);
  fail_unless(stride == 16 && input_width == 70 && input_height == 50 && frame == 5 && pts == meta->pts && stale);
  fail_unless(data == meta->data, "the twin copies the features");
  g_bytes_unref(data);
  fail_unless_equals_string(gst_structure_get_string(twin, "model"), meta->model);
}

GstBuffer* through(const std::string& elements) {
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  GstHarness* harness = check::start(elements, caps);
  fail_unless_equals_int(gst_harness_push(harness, frame_with_features(caps)), GST_FLOW_OK);
  gst_harness_push_event(harness, gst_event_new_eos());
  GstBuffer* out = gst_harness_pull(harness);
  gst_harness_teardown(harness);
  return out;
}

}  // namespace

// Data of another size than the grid is refused, also where the product of hostile numbers would overflow.
GST_START_TEST(test_wrong_sizes) {
  GstBuffer* buffer = gst_buffer_new();
  GBytes* data = numbers();
  const guint big = 1u << 31;
  for (const auto& [channels, columns, rows] :
       {std::array{kChannels, kColumns, kRows + 1}, std::array{0u, kColumns, kRows}, std::array{kChannels, 0u, kRows},
        std::array{kChannels, kColumns, 0u}, std::array{big, big, 4u}, std::array{1u, big, big}, std::array{5u, 2u, 2u},
        std::array{8 * kChannels, kColumns, kRows}})
    fail_unless(gst_buffer_add_vcl_features_meta(buffer, 8, 8, channels, columns, rows, data) == nullptr);
  GBytes* odd = g_bytes_new_from_bytes(data, 0, 23);
  fail_unless(gst_buffer_add_vcl_features_meta(buffer, 8, 8, 1, 5, 1, odd) == nullptr);
  g_bytes_unref(odd);
  fail_unless(gst_buffer_get_vcl_features_meta(buffer) == nullptr);
  fail_unless(gst_buffer_add_vcl_features_custom_meta(buffer) == nullptr);
  g_bytes_unref(data);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// A copied buffer shares the features and outlives the original; a part of a buffer has none.
GST_START_TEST(test_copy) {
  GstBuffer* buffer = frame_with_features(check::caps_string("RGB", kWidth, kHeight));
  GBytes* data = gst_buffer_get_vcl_features_meta(buffer)->data;
  GstBuffer* copy = gst_buffer_copy(buffer);
  GstBuffer* part = gst_buffer_copy_region(buffer, GST_BUFFER_COPY_ALL, 0, 100);
  gst_buffer_unref(buffer);
  fail_unless(gst_buffer_get_vcl_features_meta(copy)->data == data);
  assert_whole(copy, kWidth, kHeight);
  fail_unless(gst_buffer_get_vcl_features_meta(part) == nullptr && twin_of(part) == nullptr);
  gst_buffer_unref(copy);
  gst_buffer_unref(part);
}
GST_END_TEST;

GST_START_TEST(test_kept_by_elements) {
  for (const char* elements :
       {"queue", "identity", "videorate", "videoconvert ! capsfilter caps=video/x-raw,format=I420", "tee ! queue",
        "jpegenc ! jpegdec"}) {
    GstBuffer* out = through(elements);
    assert_whole(out, kWidth, kHeight);
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

// Features are of the whole frame, whatever its size.
GST_START_TEST(test_kept_by_videoscale) {
  GstBuffer* out = through("videoscale ! capsfilter caps=video/x-raw,width=31,height=97");
  assert_whole(out, 31, 97);
  gst_buffer_unref(out);
}
GST_END_TEST;

// Where the geometry is lost the metas go, rather than lie.
GST_START_TEST(test_dropped_by_elements) {
  for (const char* elements :
       {"videoflip video-direction=90r", "videoflip video-direction=180", "videocrop left=8", "videobox left=-8"}) {
    GstBuffer* out = through(elements);
    fail_unless(gst_buffer_get_vcl_features_meta(out) == nullptr, "%s keeps the meta", elements);
    fail_unless(twin_of(out) == nullptr, "%s keeps the twin", elements);
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

static Suite* features_meta_suite() {
  Suite* suite = suite_create("features_meta");
  TCase* tests = tcase_create("features_meta");
  suite_add_tcase(suite, tests);
  gst_vcl_features_custom_meta_register();
  tcase_add_test(tests, test_wrong_sizes);
  tcase_add_test(tests, test_copy);
  tcase_add_test(tests, test_kept_by_elements);
  tcase_add_test(tests, test_kept_by_videoscale);
  tcase_add_test(tests, test_dropped_by_elements);
  return suite;
}

GST_CHECK_MAIN(features_meta)
