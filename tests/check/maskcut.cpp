// SPDX-License-Identifier: LGPL-2.1-or-later
// maskcut: the objects it finds, their ids, and whose features it uses.
#include <array>
#include <limits>

#include "check_annotators.hpp"

namespace {

using check::meta_of;

const std::string kCaps = check::caps_string("RGB", 64, 48);
const std::vector<GstVclBox> kBoxes = {{4, 8, 20, 12}, {40, 24, 16, 16}};  // whole patches of the test engine

GstBuffer* cut(GstHarness* harness, int n, const std::vector<GstVclBox>& boxes = kBoxes) {
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, boxes));
  meta_of(out);
  return out;
}

guint count(GstHarness* harness, int n, const std::vector<GstVclBox>& boxes = kBoxes) {
  GstBuffer* out = cut(harness, n, boxes);
  const guint instances = gst_vcl_instances_meta_get_n_instances(meta_of(out));
  gst_buffer_unref(out);
  return instances;
}

// Track ids of a frame, in order of the list; negative where the track is not new.
std::vector<int> ids(GstHarness* harness, int n, const std::vector<GstVclBox>& boxes = kBoxes) {
  GstBuffer* out = cut(harness, n, boxes);
  std::vector<int> result;
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta_of(out)); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta_of(out), i);
    const int id = int(gst_vcl_instance_get_track_id(instance));
    result.push_back(gst_vcl_instance_get_flags(instance) & GST_VCL_INSTANCE_FLAG_NEW ? id : -id);
  }
  gst_buffer_unref(out);
  return result;
}

using Ids = std::vector<int>;

// Features as the test engine makes them: one object, the left half of the frame, whatever the picture shows.
GstBuffer* frame_with_features(const char* model, guint width = 64, guint height = 48, gfloat dark = 0) {
  GstBuffer* buffer = check::numbered_frame(kCaps, 0, kBoxes);
  const std::array<gfloat, 16> values = {1, 1, dark, dark, 1, 1, dark, dark, 0, 0, 1, 1, 0, 0, 1, 1};
  GBytes* data = g_bytes_new(values.data(), sizeof(values));
  GstVclFeaturesMeta* meta = gst_buffer_add_vcl_features_meta(buffer, width, height, 2, 4, 2, data);
  g_bytes_unref(data);
  meta->input_width = 64;
  meta->input_height = 48;
  meta->model = g_strdup(model);
  return buffer;
}

const GstVclBox kLeftHalf = {0, 0, 32, 48};

void assert_features_used(const std::string& element, GstBuffer* buffer, bool used) {
  GstHarness* harness = check::start(element, kCaps);
  GstBuffer* out = gst_harness_push_and_pull(harness, buffer);
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta_of(out)), used ? 1 : 2);
  check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), used ? kLeftHalf : kBoxes[0]);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}

}  // namespace

// Every format, odd sizes and padded rows, with and without the CRF.
GST_START_TEST(test_formats) {
  for (const std::string& format : check::formats())
    for (const auto& [width, height, padding] :
         {std::array{64, 48, 0}, std::array{129, 97, 0}, std::array{65, 47, 12}}) {
      const std::string caps = check::caps_string(format, width, height);
      for (const char* crf : {"true", "false"}) {
        GstHarness* harness = check::start(std::string("maskcut crf=") + crf, caps);
        GstBuffer* out = gst_harness_push_and_pull(
            harness, check::numbered_frame(caps, 0, {{0, 0, width / 2, height / 2}}, padding));
        const GstVclInstancesMeta* meta = meta_of(out);
        fail_unless(meta->width == guint(width) && meta->height == guint(height));
        fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), 1);
        const double area = double(gst_vcl_instance_get_area(gst_vcl_instances_meta_get_instance(meta, 0)));
        const double expected = double(width / 2) * (height / 2);
        fail_unless(area > 0.85 * expected && area < 1.25 * expected, "%s %dx%d: %f", format.c_str(), width, height,
                    area / expected);
        gst_buffer_unref(out);
        gst_harness_teardown(harness);
      }
    }
  const std::string caps = check::caps_string("GRAY8", 1, 1);
  GstHarness* harness = check::start("maskcut", caps);
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, {{0, 0, 1, 1}}));
  check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), {0, 0, 1, 1});
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Boxes and scores of the cuts, best first, in all three forms of metadata; a dark frame has no objects.
GST_START_TEST(test_instances) {
  GstHarness* harness = check::start("maskcut crf=false", kCaps);
  GstBuffer* out = cut(harness, 0);
  const GstVclInstancesMeta* meta = meta_of(out);
  fail_unless(meta->frame == 0 && meta->pts == 0 && !meta->stale);
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), 2);
  for (guint i = 0; i < 2; ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    check::assert_box(instance, kBoxes[i]);
    fail_unless(gst_vcl_instance_get_score(instance) == 1 - 0.125f * gfloat(i + 1));
    fail_unless_equals_int(gst_vcl_instance_get_area(instance), guint64(kBoxes[i].width * kBoxes[i].height));
  }
  fail_unless(gst_buffer_get_custom_meta(out, GST_VCL_INSTANCES_CUSTOM_META_NAME) != nullptr);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 2);
  gst_buffer_unref(out);
  gst_harness_set(harness, "maskcut", "attach-roi-meta", FALSE, nullptr);
  out = cut(harness, 1);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 0);
  gst_buffer_unref(out);
  fail_unless_equals_int(count(harness, 2, {}), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Properties apply from the next frame on.
GST_START_TEST(test_properties_while_playing) {
  GstHarness* harness = check::start("maskcut crf=false", kCaps);
  const std::vector<GstVclBox> faint = {{5, 8, 1, 4}};  // a quarter of a patch
  fail_unless_equals_int(count(harness, 0, faint), 1);
  gst_harness_set(harness, "maskcut", "tau", 0.3, nullptr);
  fail_unless_equals_int(count(harness, 1, faint), 0);
  gst_harness_set(harness, "maskcut", "max-cuts", 1u, nullptr);
  fail_unless_equals_int(count(harness, 2), 1);
  gst_harness_set(harness, "maskcut", "max-cuts", 64u, "automatic", TRUE, nullptr);
  fail_unless_equals_int(count(harness, 3), 2);
  gst_harness_set(harness, "maskcut", "sign", 2, nullptr);
  GstBuffer* out = cut(harness, 4);  // what is dark now
  check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), {0, 0, 64, 48});
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Whether the value is in the property's range. What g_object_set logs of one that is not, GLib's version decides.
template <typename Value>
bool takes(GstElement* element, const char* name, void (*set)(GValue*, Value), Value value) {
  GParamSpec* property = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
  GValue given = G_VALUE_INIT;
  g_value_init(&given, G_PARAM_SPEC_VALUE_TYPE(property));
  set(&given, value);
  return !g_param_value_validate(property, &given);
}

GST_START_TEST(test_ranges) {
  GstElement* element = gst_element_factory_make("maskcut", nullptr);
  for (const double tau : {0.0, 0.5, 0.999}) fail_unless(takes(element, "tau", g_value_set_double, tau));
  for (const double tau : {-0.1, 1.0, 7.0, std::numeric_limits<double>::quiet_NaN()})
    fail_if(takes(element, "tau", g_value_set_double, tau));
  for (const char* name : {"max-cuts", "n"}) {
    for (const guint cuts : {1u, 64u}) fail_unless(takes(element, name, g_value_set_uint, cuts));
    for (const guint cuts : {0u, 65u}) fail_if(takes(element, name, g_value_set_uint, cuts));
  }
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(test_defaults) {
  GstElement* element = gst_element_factory_make("maskcut", nullptr);
  double tau;
  guint max_cuts;
  gboolean automatic, crf, track;
  gint sign;
  g_object_get(element, "tau", &tau, "max-cuts", &max_cuts, "automatic", &automatic, "crf", &crf, "track", &track,
               "sign", &sign, nullptr);
  fail_unless(tau == 0.15 && max_cuts == 3 && !automatic && crf && !track && sign == 0);
  gst_object_unref(element);
}
GST_END_TEST;

namespace {

void count_warnings(GstDebugCategory*, GstDebugLevel level, const gchar*, const gchar*, gint, GObject*,
                    GstDebugMessage* message, gpointer count) {
  const std::string text = gst_debug_message_get(message);
  const bool complete = text.find("max-cuts") != std::string::npos && text.find("0.2") != std::string::npos;
  *static_cast<int*>(count) += level == GST_LEVEL_WARNING && complete;
}

guint cuts_by(GstElement* element, const char* name) {
  guint cuts = 0;
  g_object_get(element, name, &cuts, nullptr);
  return cuts;
}

}  // namespace

// The old name of max-cuts: the one that was set last counts, and each element warns of it once.
GST_START_TEST(test_deprecated_n) {
  int warnings = 0;
  (gst_debug_add_log_function)(count_warnings, &warnings, nullptr);  // the macro of this name is no ISO C++
  gst_debug_set_default_threshold(GST_LEVEL_WARNING);
  GstElement *element = gst_element_factory_make("maskcut", nullptr), *other = gst_parse_launch("maskcut n=9", nullptr);
  fail_unless_equals_int(warnings, 1);
  fail_unless(cuts_by(other, "max-cuts") == 9 && cuts_by(other, "n") == 9);
  static int notified = 0;
  g_signal_connect(element, "notify::max-cuts", G_CALLBACK(+[](GObject*, GParamSpec*, gpointer) { ++notified; }),
                   nullptr);
  for (const char* name : {"max-cuts", "n", "n"}) g_object_set(element, name, 6u + guint(notified), nullptr);
  fail_unless_equals_int(cuts_by(element, "max-cuts"), 8);
  g_object_set(element, "max-cuts", 5u, nullptr);
  fail_unless_equals_int(cuts_by(element, "n"), 5);
  fail_unless_equals_int(warnings, 2);
  fail_unless_equals_int(notified, 4);
  const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "n");
  fail_unless(spec->flags & G_PARAM_DEPRECATED);
  fail_unless_equals_string(g_param_spec_get_blurb(const_cast<GParamSpec*>(spec)), "Deprecated: use max-cuts");
  gst_debug_remove_log_function_by_data(&warnings);
  gst_object_unref(element);
  gst_object_unref(other);
}
GST_END_TEST;

// Without tracking every frame's objects are new.
GST_START_TEST(test_fresh_ids) {
  GstHarness* harness = check::start("maskcut crf=false interval=2", kCaps);
  fail_unless(ids(harness, 0) == (Ids{1, 2}));
  fail_unless(ids(harness, 1) == (Ids{-1, -2}), "repeated objects are the same");
  fail_unless(ids(harness, 2) == (Ids{3, 4}));
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Objects that overlap keep their ids; one that jumps, or comes back, is new; ids are never used twice.
GST_START_TEST(test_tracks) {
  GstHarness* harness = check::start("maskcut crf=false track=true", kCaps);
  const GstVclBox moved = {8, 8, 20, 12}, jumped = {40, 4, 16, 16};
  fail_unless(ids(harness, 0) == (Ids{1, 2}));
  fail_unless(ids(harness, 1, {moved, kBoxes[1]}) == (Ids{-1, -2}));
  fail_unless(ids(harness, 2, {moved, jumped}) == (Ids{3, -1}));  // the first row of the picture is cut first
  fail_unless(ids(harness, 3, {moved}) == (Ids{-1}));
  fail_unless(ids(harness, 4, {moved, jumped}) == (Ids{4, -1}));
  gst_harness_set(harness, "maskcut", "track", FALSE, nullptr);
  fail_unless(ids(harness, 5, {moved}) == (Ids{5}));
  gst_harness_set(harness, "maskcut", "track", TRUE, nullptr);
  fail_unless(ids(harness, 6, {moved}) == (Ids{-5}));
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
  fail_unless(ids(harness, 7, {moved}) == (Ids{6}), "tracks end with a flush");
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Features from upstream are cut, rather than the picture, when they fit the frame.
GST_START_TEST(test_upstream_features) {
  assert_features_used("maskcut crf=false", frame_with_features("any"), true);
  assert_features_used("maskcut crf=false", frame_with_features(nullptr), true);
  assert_features_used("maskcut crf=false", frame_with_features("any", 32, 48), false);
  assert_features_used("maskcut crf=false model=blob:", frame_with_features("blob:#k@-1"), true);
  for (const char* other : {"blob:#q@-1", "blob:#k@3", "other#k@-1"})
    assert_features_used("maskcut crf=false model=blob:", frame_with_features(other), false);
  GstBuffer* without_size = frame_with_features("any");
  gst_buffer_get_vcl_features_meta(without_size)->input_width = 0;
  assert_features_used("maskcut crf=false", without_size, false);
}
GST_END_TEST;

// Features that are no numbers are an error, not a crash.
GST_START_TEST(test_broken_upstream_features) {
  GstHarness* harness = check::start("maskcut", kCaps);
  const gfloat nan = std::numeric_limits<gfloat>::quiet_NaN();
  fail_unless_equals_int(gst_harness_push(harness, frame_with_features("any", 64, 48, nan)), GST_FLOW_ERROR);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Repeated features are not cut again: the masks are repeated and stale, with their ids.
GST_START_TEST(test_stale_upstream_features) {
  GstHarness* harness = check::start("dinofeatures interval=2 ! maskcut crf=false", kCaps);
  fail_unless(ids(harness, 0) == (Ids{1, 2}));
  GstBuffer* out = cut(harness, 1, {});
  fail_unless(meta_of(out)->stale);
  check::assert_box(gst_vcl_instances_meta_find_track(meta_of(out), 2), kBoxes[1]);
  gst_buffer_unref(out);
  out = cut(harness, 2, {});
  fail_unless(!meta_of(out)->stale && gst_vcl_instances_meta_get_n_instances(meta_of(out)) == 0);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);

  // Cut for the first time, but of an earlier frame all the same.
  harness = check::start("dinofeatures interval=2 ! maskcut crf=false interval=3", kCaps);
  for (int n = 0; n < 3; ++n) count(harness, n, {});
  out = cut(harness, 3);
  fail_unless(meta_of(out)->stale && gst_vcl_instances_meta_get_n_instances(meta_of(out)) == 0);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A model whose features come from upstream is not loaded; one that is named and another is, with the state change.
GST_START_TEST(test_model_is_loaded_when_needed) {
  const auto reaches_ready = [](const std::string& line) {
    GstElement* bin = gst_parse_bin_from_description(line.c_str(), TRUE, nullptr);
    const bool ready = gst_element_set_state(bin, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS;
    gst_element_set_state(bin, GST_STATE_NULL);
    gst_object_unref(bin);
    return ready;
  };
  const std::string broken = "model=blob:open-error=library";
  fail_if(reaches_ready("maskcut " + broken));
  fail_if(reaches_ready("dinofeatures model=blob: ! maskcut " + broken));
  g_setenv("BLOB_DEFAULT_MODEL", "blob:open-error=library", TRUE);
  fail_if(reaches_ready("maskcut"));
  fail_if(reaches_ready("vcl-vis-segment model=blob: ! maskcut"));
  fail_unless(reaches_ready("dinofeatures model=blob: ! queue ! maskcut"));
  g_unsetenv("BLOB_DEFAULT_MODEL");
}
GST_END_TEST;

// Features were promised and are missing: maskcut makes its own.
GST_START_TEST(test_missing_upstream_features) {
  GstHarness* harness = check::start("dinofeatures ! videocrop right=8 ! videobox right=-8 ! maskcut crf=false", kCaps);
  GstBuffer* out = cut(harness, 0);
  fail_unless(gst_buffer_get_vcl_features_meta(out) == nullptr);
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta_of(out)), 2);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* maskcut_suite() {
  Suite* suite = suite_create("maskcut");
  TCase* tests = tcase_create("maskcut");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_formats);
  tcase_add_test(tests, test_instances);
  tcase_add_test(tests, test_properties_while_playing);
  tcase_add_test(tests, test_ranges);
  tcase_add_test(tests, test_defaults);
  tcase_add_test(tests, test_deprecated_n);
  tcase_add_test(tests, test_fresh_ids);
  tcase_add_test(tests, test_tracks);
  tcase_add_test(tests, test_upstream_features);
  tcase_add_test(tests, test_broken_upstream_features);
  tcase_add_test(tests, test_stale_upstream_features);
  tcase_add_test(tests, test_model_is_loaded_when_needed);
  tcase_add_test(tests, test_missing_upstream_features);
  return suite;
}

GST_CHECK_MAIN(maskcut)
