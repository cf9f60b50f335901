// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: properties, latency, quality of service, states and errors.
#include "check_util.hpp"

namespace {

using check::meta_of;

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}};
const std::string kCaps = check::caps_string("GRAY8", 64, 48);

bool is_stale(GstHarness* harness, GstBuffer* buffer) {
  GstBuffer* out = gst_harness_push_and_pull(harness, buffer);
  const bool stale = meta_of(out)->stale;
  gst_buffer_unref(out);
  return stale;
}

GstElement* element_of(GstHarness* harness) {
  return gst_harness_find_element(harness, "vcl-vis-segment");
}

guint64 stat(GstHarness* harness, const char* name) {
  GstElement* element = element_of(harness);
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 value = 0;
  fail_unless(gst_structure_get_uint64(stats, name, &value), "no %s in stats", name);
  gst_structure_free(stats);
  gst_object_unref(element);
  return value;
}

}  // namespace

// Stands first: the engine module of a process is opened once.
GST_START_TEST(test_bad_module) {
  const std::string good = g_getenv("VCL_ENGINE_MODULE");
  for (const char* bad : {"/nonexistent/engine.so", "/etc/passwd"}) {
    g_setenv("VCL_ENGINE_MODULE", bad, TRUE);
    const std::string text = check::error_of("vcl-vis-segment", GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
    fail_unless(text.find(bad) != std::string::npos && text.find("setup.sh") != std::string::npos, "%s", text.c_str());
  }
  g_setenv("VCL_ENGINE_MODULE", good.c_str(), TRUE);
}
GST_END_TEST;

// What the engine throws at opening becomes an error with the fitting code and the engine's own text.
GST_START_TEST(test_open_errors) {
  const auto expect = [](const char* kind, GQuark domain, gint code) {
    const std::string text =
        check::error_of(std::string("vcl-vis-segment model=blob:open-error=") + kind, domain, code);
    fail_unless(text == std::string("blob error: ") + kind, "%s", text.c_str());
  };
  expect("not-found", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  expect("unreadable", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
  expect("library", GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
  expect("unsupported", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
}
GST_END_TEST;

// Neither an exception nor something that is none crosses the C boundary.
GST_START_TEST(test_stream_errors) {
  const std::string text =
      check::error_of("vcl-vis-segment model=blob:fail-at=3", GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
  fail_unless(text == "blob engine fails as it was told", "%s", text.c_str());
  check::error_of("vcl-vis-segment model=\"blob:fail-at=2,fail-with=int\"", GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
}
GST_END_TEST;

// An element that failed to open can be put right and started, and failing again and again is harmless.
GST_START_TEST(test_failed_state_cycle) {
  GstElement* element = gst_element_factory_make("vcl-vis-segment", nullptr);
  for (int i = 0; i < 3; ++i) {
    g_object_set(element, "model", "blob:open-error=not-found", nullptr);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    g_object_set(element, "model", "blob:", nullptr);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
    g_object_set(element, "model", "blob:open-error=unreadable", nullptr);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
  gst_object_unref(element);
}
GST_END_TEST;

// Ten times to PLAYING and back, by turns to READY and NULL, with frames held back each time.
GST_START_TEST(test_state_cycling) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball num-buffers=10 ! vcl-vis-segment name=v window=4 ! fakesink name=s", nullptr);
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), "v");
  for (int i = 0; i < 10; ++i) {
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (i % 3 != 2) check::wait_for_eos(pipeline);
    GstStructure* stats = nullptr;
    g_object_get(element, "stats", &stats, nullptr);
    guint64 frames = 0;
    gst_structure_get_uint64(stats, "frames", &frames);
    fail_unless(i % 3 == 2 || frames == 10);
    gst_structure_free(stats);
    gst_element_set_state(pipeline, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    g_object_get(element, "stats", &stats, nullptr);
    gst_structure_get_uint64(stats, "frames", &frames);
    fail_unless_equals_uint64(frames, 0);
    gst_structure_free(stats);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(element);
  gst_object_unref(pipeline);
}
GST_END_TEST;

// Flushing seeks, paused and playing, while frames are held back.
GST_START_TEST(test_seeks) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball ! vcl-vis-segment window=5 model=blob:sleep-ms=2 ! fakesink sync=false", nullptr);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, check::kPatience), GST_STATE_CHANGE_SUCCESS);
  for (int i = 0; i < 8; ++i) {
    if (i == 4) gst_element_set_state(pipeline, GST_STATE_PLAYING);
    fail_unless(
        gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GstClockTime(10 - i) * GST_SECOND));
    fail_unless_equals_int(gst_element_get_state(pipeline, nullptr, nullptr, check::kPatience),
                           GST_STATE_CHANGE_SUCCESS);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}
GST_END_TEST;

// Two in one pipeline, side by side and one behind the other: the later one's results replace the earlier's.
GST_START_TEST(test_two_instances) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball num-buffers=20 ! tee name=t ! queue ! vcl-vis-segment window=4 ! vcl-vis-segment "
      "window=2 ! fakesink t. ! queue ! vcl-vis-segment window=7 ! fakesink",
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  check::wait_for_eos(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);

  GstHarness* harness = check::start("vcl-vis-segment window=1 ! vcl-vis-segment window=1 min-area=1000000", kCaps);
  GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, 0, kBoxes));
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta_of(out)), 0);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VCL_INSTANCES_META_API_TYPE), 1);
  fail_unless_equals_int(gst_buffer_get_n_meta(out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 0);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Limits, defaults and when each property may change.
GST_START_TEST(test_properties) {
  GstElement* element = gst_element_factory_make("vcl-vis-segment", nullptr);
  for (const char* name : {"model", "device", "threads", "precision", "motion", "window", "stride"}) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
    fail_unless(spec && (spec->flags & GST_PARAM_MUTABLE_READY), "%s", name);
  }
  for (const char* name : {"interval", "threshold", "max-instances", "min-area", "max-age", "attach-roi-meta"}) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
    fail_unless(spec && (spec->flags & GST_PARAM_MUTABLE_PLAYING), "%s", name);
  }
  g_object_set(element, "window", 7u, "threshold", 0.25f, "min-area", G_GUINT64_CONSTANT(1) << 40, nullptr);
  guint window, interval, instances, age;
  gfloat threshold;
  guint64 area;
  gchar* device;
  g_object_get(element, "window", &window, "threshold", &threshold, "min-area", &area, "interval", &interval,
               "max-instances", &instances, "max-age", &age, "device", &device, nullptr);
  fail_unless(window == 7 && threshold == 0.25f && area == G_GUINT64_CONSTANT(1) << 40);
  fail_unless(interval == 1 && instances == 10 && age == 30 && g_str_equal(device, "auto"));
  g_free(device);

  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  g_object_set(element, "window", 9u, "interval", 4u, "max-age", 250u, nullptr);
  g_object_get(element, "window", &window, "interval", &interval, "max-age", &age, nullptr);
  fail_unless_equals_int(window, 7);
  fail_unless_equals_int(interval, 4);
  fail_unless_equals_int(age, 250);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}
GST_END_TEST;

// Filters apply from the next frame on.
GST_START_TEST(test_filters_while_playing) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  const std::vector<GstVclBox> boxes = {{0, 0, 4, 4}, {10, 10, 10, 10}, {30, 30, 8, 8}};
  const auto count = [&](int n) {
    GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, boxes));
    const guint instances = gst_vcl_instances_meta_get_n_instances(meta_of(out));
    gst_buffer_unref(out);
    return instances;
  };
  fail_unless_equals_int(count(0), 3);
  gst_harness_set(harness, "vcl-vis-segment", "max-instances", 2u, nullptr);
  fail_unless_equals_int(count(1), 2);
  gst_harness_set(harness, "vcl-vis-segment", "min-area", G_GUINT64_CONSTANT(65), nullptr);
  fail_unless_equals_int(count(2), 1);
  gst_harness_set(harness, "vcl-vis-segment", "threshold", 0.95f, nullptr);
  fail_unless_equals_int(count(3), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Every third frame is inferred, the others are stale and repeat the masks.
GST_START_TEST(test_interval) {
  GstHarness* harness = check::start("vcl-vis-segment window=1 interval=3", kCaps);
  for (int n = 0; n < 9; ++n) fail_unless(is_stale(harness, check::numbered_frame(kCaps, n, kBoxes)) == (n % 3 != 0));
  fail_unless_equals_uint64(stat(harness, "frames"), 9);
  fail_unless_equals_uint64(stat(harness, "inferences"), 3);
  fail_unless_equals_uint64(stat(harness, "stale"), 6);
  fail_unless_equals_uint64(stat(harness, "tracks"), 1);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// There is nothing to see in a buffer that is flagged as a gap.
GST_START_TEST(test_gap_buffer) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  fail_if(is_stale(harness, check::numbered_frame(kCaps, 0, kBoxes)));
  GstBuffer* gap = check::numbered_frame(kCaps, 1, {});
  GST_BUFFER_FLAG_SET(gap, GST_BUFFER_FLAG_GAP);
  GstBuffer* out = gst_harness_push_and_pull(harness, gap);
  fail_unless(meta_of(out)->stale && GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_GAP));
  check::assert_box(gst_vcl_instances_meta_get_instance(meta_of(out), 0), kBoxes[0]);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A late sink: inference is skipped, every frame still comes out, and upstream hears nothing of it.
GST_START_TEST(test_qos) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  fail_if(is_stale(harness, check::numbered_frame(kCaps, 0, kBoxes)));
  const guint upstream = gst_harness_upstream_events_received(harness);
  // 100 ms late at 0: as decoders do, what comes before 2 * 100 + 40 ms is given up.
  gst_harness_push_upstream_event(harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, 100 * GST_MSECOND, 0));
  for (int n = 1; n < 10; ++n) fail_unless(is_stale(harness, check::numbered_frame(kCaps, n, kBoxes)) == (n < 6));
  fail_unless_equals_int(gst_harness_upstream_events_received(harness), upstream);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A live source that gets ahead: frames that arrive too late are not inferred until the lag is gone, but for one
// after a long pause.
GST_START_TEST(test_live_lag) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  gst_harness_query_latency(harness);  // tells the element that the source is live
  fail_if(is_stale(harness, check::numbered_frame(kCaps, 0, kBoxes)));
  gst_harness_set_time(harness, 200 * GST_SECOND);  // longer than an inference takes on any busy machine
  fail_if(is_stale(harness, check::numbered_frame(kCaps, 1, kBoxes)));
  fail_unless(is_stale(harness, check::numbered_frame(kCaps, 2, kBoxes)));
  fail_unless(is_stale(harness, check::numbered_frame(kCaps, 3, kBoxes)));
  fail_if(is_stale(harness, check::numbered_frame(kCaps, 5000, kBoxes)));
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A constant lag that the source has anyway is no reason to skip.
GST_START_TEST(test_constant_lag) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  gst_harness_query_latency(harness);
  for (int n = 0; n < 10; ++n) {
    gst_harness_set_time(harness, 3 * GST_SECOND + GstClockTime(n) * 40 * GST_MSECOND);
    fail_if(is_stale(harness, check::numbered_frame(kCaps, n, kBoxes)));
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// (window - 1) frames and the time of inference on top of upstream's latency, told anew when it changes.
GST_START_TEST(test_latency) {
  const gint64 start = g_get_monotonic_time();
  GstHarness* harness = check::start("vcl-vis-segment window=4 model=blob:sleep-ms=60", kCaps);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  gst_harness_set_upstream_latency(harness, 10 * GST_MSECOND);
  fail_unless_equals_uint64(gst_harness_query_latency(harness), (10 + 3 * 40) * GST_MSECOND);
  check::push_frames(harness, kCaps, 0, 4, kBoxes);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
  fail_unless(message != nullptr, "no latency message");
  gst_message_unref(message);
  const GstClockTime latency = gst_harness_query_latency(harness);
  // A sleep of 60 ms takes at least that; a busy machine may make it as long as all this took.
  fail_unless(latency >= (10 + 3 * 40 + 60) * GST_MSECOND && latency < 130 * GST_MSECOND + check::time_since(start),
              "%" GST_TIME_FORMAT, GST_TIME_ARGS(latency));
  gst_element_set_bus(harness->element, nullptr);
  gst_object_unref(bus);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Caps without a frame rate: the timestamps tell.
GST_START_TEST(test_latency_unknown_framerate) {
  const std::string caps = check::caps_string("GRAY8", 64, 48, "framerate=0/1");
  const gint64 start = g_get_monotonic_time();
  GstHarness* harness = check::start("vcl-vis-segment window=11", caps);
  check::push_frames(harness, caps, 0, 5, kBoxes);
  const GstClockTime latency = gst_harness_query_latency(harness);
  fail_unless(latency >= 10 * 40 * GST_MSECOND && latency < 10 * 40 * GST_MSECOND + check::time_since(start),
              "%" GST_TIME_FORMAT, GST_TIME_ARGS(latency));
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* vis_segment_control_suite() {
  Suite* suite = suite_create("vis_segment_control");
  TCase* tests = tcase_create("control");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_bad_module);
  tcase_add_test(tests, test_open_errors);
  tcase_add_test(tests, test_stream_errors);
  tcase_add_test(tests, test_failed_state_cycle);
  tcase_add_test(tests, test_state_cycling);
  tcase_add_test(tests, test_seeks);
  tcase_add_test(tests, test_two_instances);
  tcase_add_test(tests, test_properties);
  tcase_add_test(tests, test_filters_while_playing);
  tcase_add_test(tests, test_interval);
  tcase_add_test(tests, test_gap_buffer);
  tcase_add_test(tests, test_qos);
  tcase_add_test(tests, test_live_lag);
  tcase_add_test(tests, test_constant_lag);
  tcase_add_test(tests, test_latency);
  tcase_add_test(tests, test_latency_unknown_framerate);
  return suite;
}

GST_CHECK_MAIN(vis_segment_control)
