// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: what the stats property and the messages on the bus say.
#include <algorithm>

#include "check_util.hpp"

namespace {

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}};
const std::string kCaps = check::caps_string("GRAY8", 64, 48);

GstStructure* stats_of(GstHarness* harness) {
  g_autoptr(GstElement) element = gst_harness_find_element(harness, "vcl-vis-segment");
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  fail_unless(stats && gst_structure_has_name(stats, "vcl-stats"));
  return stats;
}

guint64 count(const GstStructure* stats, const char* name) {
  guint64 value = 0;
  fail_unless(gst_structure_get_uint64(stats, name, &value), "no %s", name);
  return value;
}

guint queued(GstHarness* harness) {
  g_autoptr(GstStructure) stats = stats_of(harness);
  guint value = 0;
  fail_unless(gst_structure_get_uint(stats, "queued", &value));
  return value;
}

double number(const GstStructure* stats, const std::string& name) {
  double value = -1;
  fail_unless(gst_structure_get_double(stats, name.c_str(), &value), "no %s", name.c_str());
  return value;
}

// Pops the messages with statistics; returns how many there were, the last one in `last`.
guint pop_stats(GstBus* bus, GstStructure** last) {
  guint messages = 0;
  while (GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
    if (gst_structure_has_name(gst_message_get_structure(message), "vcl-stats")) {
      ++messages;
      gst_clear_structure(last);
      *last = gst_structure_copy(gst_message_get_structure(message));
    }
    gst_message_unref(message);
  }
  return messages;
}

}  // namespace

// How many frames are held back, as they come and go, one by one also at the end.
GST_START_TEST(test_queue_depth) {
  static GstHarness* ending;
  static std::vector<guint> left;
  ending = check::start("vcl-vis-segment window=4", kCaps);
  check::push_frames(ending, kCaps, 0, 2, kBoxes);
  gst_pad_set_chain_function(ending->sinkpad, [](GstPad*, GstObject*, GstBuffer* buffer) {
    left.push_back(queued(ending));
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
  });
  gst_harness_push_event(ending, gst_event_new_eos());
  fail_unless(left == std::vector<guint>({2, 1, 0}));
  gst_harness_teardown(ending);

  GstHarness* harness = check::start("vcl-vis-segment window=4", kCaps);
  for (int n = 0; n < 6; ++n) {
    fail_unless_equals_int(queued(harness), std::min(n, 3));
    check::push_frames(harness, kCaps, n, n, kBoxes);
  }
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  fail_unless_equals_int(queued(harness), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A sleep takes at least as long as it says: of inference 20 ms, of a frame that waits for two others 60.
GST_START_TEST(test_times) {
  GstHarness* harness = check::start("vcl-vis-segment window=3 model=blob:sleep-ms=20", kCaps);
  {
    g_autoptr(GstStructure) none = stats_of(harness);
    fail_unless(number(none, "inference-ms-p50") == 0 && number(none, "frame-ms-p99") == 0);
  }
  check::push_frames(harness, kCaps, 0, 5, kBoxes);
  g_autoptr(GstStructure) stats = stats_of(harness);
  fail_unless_equals_uint64(count(stats, "inferences"), 6);
  fail_unless(number(stats, "mean-inference-ms") >= 20);
  for (const std::string of : {"inference-ms", "frame-ms"}) {
    const double p50 = number(stats, of + "-p50"), p95 = number(stats, of + "-p95"), p99 = number(stats, of + "-p99");
    fail_unless(p50 >= (of == "frame-ms" ? 60 : 20) && p95 >= p50 && p99 >= p95, "%s: %f %f %f", of.c_str(), p50, p95,
                p99);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Once a second, whatever the frame rate, and with the final figures at the end.
GST_START_TEST(test_messages) {
  GstHarness* harness = check::start("vcl-vis-segment window=2 model=blob:sleep-ms=100", kCaps);
  g_autoptr(GstBus) bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  g_autoptr(GstStructure) last = nullptr;
  const gint64 start = g_get_monotonic_time();
  check::push_frames(harness, kCaps, 0, 11, kBoxes);
  const gint64 seconds = (g_get_monotonic_time() - start) / G_USEC_PER_SEC;
  const guint messages = pop_stats(bus, &last);
  fail_unless(messages >= 1 && messages <= guint(seconds), "%u messages in %d s", messages, int(seconds));
  fail_unless(gst_harness_push_event(harness, gst_event_new_eos()));
  fail_unless_equals_int(pop_stats(bus, &last), 1);
  g_autoptr(GstStructure) now = stats_of(harness);
  fail_unless(gst_structure_is_equal(last, now));
  fail_unless(count(last, "frames") == 12 && count(last, "stale") == 0 && count(last, "tracks") == 1);
  gst_element_set_bus(harness->element, nullptr);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// What belongs to READY stays as it was, each property alike, when it is set later.
GST_START_TEST(test_late_changes_are_refused) {
  const std::pair<const char*, const char*> changes[] = {
      {"model", "blob:sleep-ms=1"},
      {"device", "cpu"},
      {"threads", "2"},
      {"mode", "whole"},
      {"window", "9"},
      {"stride", "1"},
      {"model-cache", "false"},
      {"pipelined", "true"},
  };
  const auto text = [](GstElement* element, const char* name) {
    GValue value = G_VALUE_INIT;
    g_object_get_property(G_OBJECT(element), name, &value);
    g_autofree gchar* written = gst_value_serialize(&value);
    g_value_unset(&value);
    return std::string(written ? written : "");
  };
  for (const auto& [name, value] : changes) {
    GstElement* element = gst_element_factory_make("vcl-vis-segment", nullptr);
    const std::string before = text(element, name);
    gst_element_set_state(element, GST_STATE_PAUSED);
    gst_util_set_object_arg(G_OBJECT(element), name, value);
    fail_unless(text(element, name) == before, "%s changed", name);
    gst_element_set_state(element, GST_STATE_READY);
    gst_util_set_object_arg(G_OBJECT(element), name, value);
    fail_unless(text(element, name) != before, "%s did not change", name);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
}
GST_END_TEST;

static Suite* vis_segment_stats_suite() {
  Suite* suite = suite_create("vis_segment_stats");
  TCase* tests = tcase_create("stats");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_queue_depth);
  tcase_add_test(tests, test_times);
  tcase_add_test(tests, test_messages);
  tcase_add_test(tests, test_late_changes_are_refused);
  return suite;
}

GST_CHECK_MAIN(vis_segment_stats)
