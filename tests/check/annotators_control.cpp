// SPDX-License-Identifier: LGPL-2.1-or-later
// What dinofeatures and maskcut have in common: properties, quality of service, states and errors.
#include "check_annotators.hpp"
#include "vcl/features.hpp"

namespace {

using check::kAnnotators;
using check::push_and_see;
using check::Seen;
using check::seen;

const std::vector<GstVclBox> kBoxes = {{4, 8, 20, 12}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

Seen push(GstHarness* harness, int n, const std::string& caps = kCaps) {
  return push_and_see(harness, check::numbered_frame(caps, n, kBoxes));
}

}  // namespace

// Stands first: the engine module of a process is opened once.
GST_START_TEST(test_bad_module) {
  const std::string good = g_getenv("VCL_ENGINE_MODULE");
  g_setenv("VCL_ENGINE_MODULE", "/nonexistent/engine.so", TRUE);
  for (const std::string& element : {kAnnotators[0], kAnnotators[1], std::string("dinofeatures ! maskcut")}) {
    const std::string text = check::error_of(element, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
    fail_unless(text.find("/nonexistent/engine.so") != std::string::npos && text.find("setup.sh") != std::string::npos,
                "%s", text.c_str());
  }
  g_setenv("VCL_ENGINE_MODULE", good.c_str(), TRUE);
}
GST_END_TEST;

// Every third frame is inferred, the others repeat and are stale; the interval may change at any time.
GST_START_TEST(test_interval) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element + " interval=3", kCaps);
    for (int n = 0; n < 9; ++n) {
      const Seen frame = push(harness, n);
      fail_unless(frame.stale == (n % 3 != 0) && frame.frame == guint64(n));
    }
    gst_harness_set(harness, element.c_str(), "interval", 1u, nullptr);
    for (int n = 9; n < 12; ++n) fail_if(push(harness, n).stale);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// A late sink: inference is skipped, every frame still comes out, and upstream hears nothing of it.
GST_START_TEST(test_qos) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element, kCaps);
    push(harness, 0);
    const guint upstream = gst_harness_upstream_events_received(harness);
    // 100 ms late at 0: as decoders do, what comes before 2 * 100 + 40 ms is given up.
    gst_harness_push_upstream_event(harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, 100 * GST_MSECOND, 0));
    for (int n = 1; n < 10; ++n) fail_unless(push(harness, n).stale == (n < 6));
    fail_unless_equals_int(gst_harness_upstream_events_received(harness), upstream);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Features from upstream: dinofeatures hears of the lateness as well, decoders do not.
GST_START_TEST(test_qos_reaches_features) {
  GstHarness* harness = check::start("dinofeatures ! maskcut", kCaps);
  push(harness, 0);
  const guint upstream = gst_harness_upstream_events_received(harness);
  gst_harness_push_upstream_event(harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, 100 * GST_MSECOND, 0));
  for (int n = 1; n < 10; ++n) {
    GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, kBoxes));
    fail_unless(gst_buffer_get_vcl_features_meta(out)->stale == (n < 6));
    fail_unless(check::meta_of(out)->stale == (n < 6));
    gst_buffer_unref(out);
  }
  fail_unless_equals_int(gst_harness_upstream_events_received(harness), upstream);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A live source that gets ahead: frames that arrive too late are not inferred until the lag is gone, but for one
// after a long pause.
GST_START_TEST(test_live_lag) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element, kCaps);
    gst_harness_query_latency(harness);  // tells the element that the source is live
    fail_if(push(harness, 0).stale);
    gst_harness_set_time(harness, 200 * GST_SECOND);  // longer than an inference takes on any busy machine
    fail_if(push(harness, 1).stale);
    fail_unless(push(harness, 2).stale);
    fail_unless(push(harness, 3).stale);
    fail_if(push(harness, 5000).stale);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// No frame is held back, so that none is added to the latency, and each comes out at once.
GST_START_TEST(test_latency) {
  for (const std::string& element : kAnnotators) {
    GstHarness* harness = check::start(element + " model=blob:sleep-ms=20", kCaps);
    gst_harness_set_upstream_latency(harness, 10 * GST_MSECOND);
    for (int n = 0; n < 3; ++n) push(harness, n);
    fail_unless_equals_uint64(gst_harness_query_latency(harness), 10 * GST_MSECOND);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// What the engine throws becomes an error with the fitting code and the engine's own text.
GST_START_TEST(test_errors) {
  for (const std::string& element : kAnnotators) {
    const auto expect = [&](const std::string& setting, const std::string& words, GQuark domain, gint code) {
      const std::string text = check::error_of(element + " model=\"blob:" + setting + "\"", domain, code);
      fail_unless(text.find(words) != std::string::npos, "%s", text.c_str());
    };
    expect("open-error=not-found", "blob error: not-found", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
    expect("open-error=unreadable", "blob error", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
    expect("open-error=library", "blob error", GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
    expect("open-error=unsupported", "blob error", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
    expect("fail-at=3", "fails as it was told", GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
    expect("fail-at=2,fail-with=int", "unknown type", GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
    expect("nan=1", "finite", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  }
}
GST_END_TEST;

// An element that failed to open can be put right and started, and failing again and again is harmless.
GST_START_TEST(test_failed_state_cycle) {
  for (const std::string& name : kAnnotators) {
    GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
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
}
GST_END_TEST;

// Ten times to PLAYING and back, by turns to READY and NULL; each stream is counted from 0.
GST_START_TEST(test_state_cycling) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=ball num-buffers=5 ! video/x-raw,width=64,height=48 ! dinofeatures ! maskcut crf=false ! "
      "fakesink name=s signal-handoffs=true",
      nullptr);
  static std::vector<guint64> numbers;
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  g_signal_connect(sink, "handoff",
                   G_CALLBACK(+[](GstElement*, GstBuffer* buffer) { numbers.push_back(seen(buffer).frame); }), nullptr);
  for (int i = 0; i < 10; ++i) {
    numbers.clear();
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (i % 3 != 2) {
      check::wait_for_eos(pipeline);
      fail_unless(numbers == std::vector<guint64>({0, 1, 2, 3, 4}));
    }
    gst_element_set_state(pipeline, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
}
GST_END_TEST;

// When each property may change; one that may not is left as it is.
GST_START_TEST(test_properties) {
  for (const std::string& name : kAnnotators) {
    GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
    guint count;
    GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
    for (guint i = 0; i < count; ++i) {
      if (!g_type_is_a(specs[i]->owner_type, g_type_from_name("GstVclAnnotator"))) continue;
      const std::string property = specs[i]->name;
      const bool structural = property == "model" || property == "device" || property == "threads" ||
                              property == "precision" || property == "facet" || property == "layer" ||
                              property.starts_with("input-");
      fail_unless(((specs[i]->flags & GST_PARAM_MUTABLE_READY) != 0) == structural, "%s", specs[i]->name);
      fail_unless(((specs[i]->flags & GST_PARAM_MUTABLE_PLAYING) != 0) == !structural, "%s", specs[i]->name);
    }
    g_free(specs);
    g_object_set(element, "threads", 3u, "model", "blob:", nullptr);
    gst_util_set_object_arg(G_OBJECT(element), "precision", "bf16");
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    g_object_set(element, "threads", 2u, "interval", 4u, "device", "cuda", "model", nullptr, "precision", 0, nullptr);
    guint threads, interval;
    gint precision;
    gchar *device, *model;
    g_object_get(element, "threads", &threads, "interval", &interval, "device", &device, "model", &model, "precision",
                 &precision, nullptr);
    fail_unless(threads == 3 && interval == 4 && g_str_equal(device, "auto") && g_str_equal(model, "blob:"));
    fail_unless_equals_int(precision, gint(vcl::Precision::Bf16));
    g_free(device);
    g_free(model);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
}
GST_END_TEST;

// The name of the pack and the short one give the same element, which says by which name it was made.
GST_START_TEST(test_names) {
  for (const std::string short_name : {"dinofeatures", "maskcut"}) {
    const std::string name = "vcl-" + short_name;
    GstElement* bin = gst_parse_bin_from_description((short_name + " ! " + name).c_str(), TRUE, nullptr);
    fail_unless(bin != nullptr && GST_BIN_NUMCHILDREN(bin) == 2, "both in one bin");
    GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
    fail_unless_equals_string(gst_plugin_feature_get_name(gst_element_get_factory(element)), name.c_str());
    GstElement* short_named = gst_element_factory_make(short_name.c_str(), nullptr);
    fail_unless_equals_string(gst_plugin_feature_get_name(gst_element_get_factory(short_named)), short_name.c_str());
    fail_unless(g_type_is_a(G_OBJECT_TYPE(element), G_OBJECT_TYPE(short_named)));
    gst_object_unref(element);
    gst_object_unref(short_named);
    gst_object_unref(bin);
  }
}
GST_END_TEST;

static Suite* annotators_control_suite() {
  Suite* suite = suite_create("annotators_control");
  TCase* tests = tcase_create("annotators_control");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_bad_module);
  tcase_add_test(tests, test_interval);
  tcase_add_test(tests, test_qos);
  tcase_add_test(tests, test_qos_reaches_features);
  tcase_add_test(tests, test_live_lag);
  tcase_add_test(tests, test_latency);
  tcase_add_test(tests, test_errors);
  tcase_add_test(tests, test_failed_state_cycle);
  tcase_add_test(tests, test_state_cycling);
  tcase_add_test(tests, test_properties);
  tcase_add_test(tests, test_names);
  return suite;
}

GST_CHECK_MAIN(annotators_control)
