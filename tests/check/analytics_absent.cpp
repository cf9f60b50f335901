// SPDX-License-Identifier: LGPL-2.1-or-later
// attach-analytics-meta in a build without GstAnalytics: it is there, says so, and stays false with a warning.
#include "check_util.hpp"

namespace {

void count_warnings(GstDebugCategory*, GstDebugLevel level, const gchar*, const gchar*, gint, GObject*,
                    GstDebugMessage* message, gpointer count) {
  const bool ours = g_strrstr(gst_debug_message_get(message), "attach-analytics-meta") != nullptr;
  if (level == GST_LEVEL_WARNING && ours) ++*static_cast<int*>(count);
}

}  // namespace

GST_START_TEST(test_property_stays_false) {
  for (const char* name : {"vcl-vis-segment", "maskcut"}) {
    GstElement* element = gst_element_factory_make(name, nullptr);
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "attach-analytics-meta");
    fail_unless(spec && g_strrstr(g_param_spec_get_blurb(const_cast<GParamSpec*>(spec)), "no GstAnalytics"));
    int warnings = 0;
    gst_debug_set_default_threshold(GST_LEVEL_WARNING);
    (gst_debug_add_log_function)(count_warnings, &warnings, nullptr);  // as macros they are no ISO C++
    for (const bool value : {false, true}) {
      g_object_set(element, "attach-analytics-meta", value, nullptr);
      fail_unless_equals_int(warnings, int(value));
      gboolean read = TRUE;
      g_object_get(element, "attach-analytics-meta", &read, nullptr);
      fail_if(read);
    }
    (gst_debug_remove_log_function)(count_warnings);
    gst_object_unref(element);
  }
}
GST_END_TEST;

static Suite* analytics_absent_suite() {
  Suite* suite = suite_create("analytics_absent");
  TCase* tests = tcase_create("analytics_absent");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_property_stays_false);
  return suite;
}

GST_CHECK_MAIN(analytics_absent)
