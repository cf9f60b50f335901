// SPDX-License-Identifier: LGPL-2.1-or-later
// What the properties of all elements have in common: when they may change, what they hold, what is said of them.
#include "check_util.hpp"

namespace {

const std::vector<std::string> kElements = {"vcl-vis-segment", "vcl-dinofeatures", "vcl-maskcut", "dinofeatures",
                                            "maskcut",         "vcl-overlay",      "vcl-idmap",   "vcl-export"};

// Those that are ours, not of a base class of GStreamer.
std::vector<GParamSpec*> properties_of(GstElement* element) {
  guint count;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  std::vector<GParamSpec*> ours;
  for (guint i = 0; i < count; ++i)
    if (g_str_has_prefix(g_type_name(specs[i]->owner_type), "GstVcl")) ours.push_back(specs[i]);
  g_free(specs);
  fail_if(ours.empty());
  return ours;
}

GstSample* gray_sample() {
  GstVideoInfo info = check::video_info(check::caps_string("GRAY8", 8, 8));
  GstBuffer* buffer = check::frame_with_boxes(&info, {{1, 1, 4, 4}});
  GstCaps* caps = gst_video_info_to_caps(&info);
  GstSample* sample = gst_sample_new(buffer, caps, nullptr, nullptr);
  gst_caps_unref(caps);
  gst_buffer_unref(buffer);
  return sample;
}

// A value in the property's range that is not its default.
struct OtherValue {
  explicit OtherValue(GParamSpec* spec) {
    g_value_init(&value, spec->value_type);
    g_param_value_set_default(spec, &value);
    if (g_str_equal(spec->name, "region"))
      g_value_set_static_string(&value, "1,2,3,4");
    else if (G_VALUE_HOLDS(&value, GST_TYPE_SAMPLE))
      g_value_take_boxed(&value, gray_sample());
    else if (G_VALUE_HOLDS_BOOLEAN(&value))
      g_value_set_boolean(&value, !g_value_get_boolean(&value));
    else if (g_str_equal(spec->name, "palette"))
      g_value_set_static_string(&value, "e6194b,3cb44b");
    else if (G_VALUE_HOLDS_STRING(&value))
      g_value_set_static_string(&value, "1,4");  // a list of tracks, and a name
    else if (G_VALUE_HOLDS_ENUM(&value))
      g_value_set_enum(&value, g_value_get_enum(&value) == 0);
    else
      set_number(spec);
    fail_if(g_param_value_validate(spec, &value), "%s: out of range", spec->name);
    fail_if(g_param_value_defaults(spec, &value), "%s: the default", spec->name);
  }
  ~OtherValue() { g_value_unset(&value); }
  OtherValue(const OtherValue&) = delete;
  OtherValue& operator=(const OtherValue&) = delete;

  void set_number(GParamSpec* spec) {
    GValue number = G_VALUE_INIT;
    g_value_init(&number, G_TYPE_DOUBLE);
    fail_unless(g_value_transform(&value, &number), "%s: a type without a test", spec->name);
    const double standard = g_value_get_double(&number);
    g_value_set_double(&number, standard < 0 || standard >= 1 ? standard + 1 : standard < 0.5 ? 1 : 0);
    if (g_str_equal(spec->name, "tau")) g_value_set_double(&number, 0.25);
    g_value_transform(&number, &value);
    g_value_unset(&number);
  }

  GValue value = G_VALUE_INIT;
};

bool holds(GstElement* element, GParamSpec* spec, const GValue* expected) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  g_object_get_property(G_OBJECT(element), spec->name, &value);
  const bool same = g_param_values_cmp(spec, &value, expected) == 0;
  g_value_unset(&value);
  return same;
}

}  // namespace

// What an element computes with is fixed while it runs, all else may change at any time; in NULL both do.
GST_START_TEST(test_when_they_change) {
  for (const std::string& name : kElements)
    for (const GstState state : {GST_STATE_PAUSED, GST_STATE_NULL}) {
      GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
      fail_unless_equals_int(gst_element_set_state(element, state), GST_STATE_CHANGE_SUCCESS);
      for (GParamSpec* spec : properties_of(element)) {
        if (spec->flags & G_PARAM_DEPRECATED || !(spec->flags & G_PARAM_WRITABLE)) continue;
        const bool in_ready = spec->flags & GST_PARAM_MUTABLE_READY,
                   in_playing = spec->flags & GST_PARAM_MUTABLE_PLAYING;
        fail_unless(in_ready != in_playing, "%s.%s", name.c_str(), spec->name);
        const OtherValue other(spec);
        fail_unless(holds(element, spec, g_param_spec_get_default_value(spec)), "%s.%s", name.c_str(), spec->name);
        g_object_set_property(G_OBJECT(element), spec->name, &other.value);
        const bool never = strstr(g_param_spec_get_blurb(spec), "cannot be set") != nullptr;
        const bool changes = (in_playing || state == GST_STATE_NULL) && !never;
        fail_unless(holds(element, spec, &other.value) == changes, "%s.%s", name.c_str(), spec->name);
      }
      gst_element_set_state(element, GST_STATE_NULL);
      gst_object_unref(element);
    }
}
GST_END_TEST;

// What several elements have is the same in all of them.
GST_START_TEST(test_same_everywhere) {
  std::vector<std::pair<std::string, GParamSpec*>> seen;
  for (const std::string& name : kElements) {
    GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
    for (GParamSpec* spec : properties_of(element)) {
      for (const auto& [other_name, other] : seen) {
        if (!g_str_equal(other->name, spec->name)) continue;
        fail_unless(other->flags == spec->flags && other->value_type == spec->value_type, "%s of %s and %s", spec->name,
                    name.c_str(), other_name.c_str());
        if (!G_IS_PARAM_SPEC_UINT(spec)) continue;
        const auto *a = G_PARAM_SPEC_UINT(spec), *b = G_PARAM_SPEC_UINT(other);
        fail_unless(a->minimum == b->minimum && a->maximum == b->maximum && a->default_value == b->default_value,
                    "%s of %s and %s", spec->name, name.c_str(), other_name.c_str());
      }
      seen.emplace_back(name, spec);
    }
    gst_object_unref(element);
  }
}
GST_END_TEST;

// Tools that describe the plugin find its types; texts are sentences in American English.
GST_START_TEST(test_description) {
  for (const std::string& name : kElements) {
    GstElement* element = gst_element_factory_make(name.c_str(), nullptr);
    for (GParamSpec* spec : properties_of(element)) {
      GstPluginAPIFlags flags;
      if (G_TYPE_IS_ENUM(spec->value_type))
        fail_unless(gst_type_is_plugin_api(spec->value_type, &flags), "%s", g_type_name(spec->value_type));
      if (g_str_has_prefix(g_type_name(spec->owner_type), "GstVclAnnotator"))
        fail_unless(gst_type_is_plugin_api(spec->owner_type, &flags));
      const std::string blurb = g_param_spec_get_blurb(spec);
      fail_unless(blurb.size() > 15 && g_ascii_isupper(blurb.front()) && blurb.back() != '.', "%s", blurb.c_str());
      for (const char* word : {"colour", "centre", "neighbour", "a frame", "an instance"})
        fail_if(blurb.ends_with(word) || blurb.find(word + std::string(" ")) != std::string::npos, "%s", blurb.c_str());
    }
    gst_object_unref(element);
  }
}
GST_END_TEST;

static Suite* properties_suite() {
  Suite* suite = suite_create("properties");
  TCase* tests = tcase_create("properties");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_when_they_change);
  tcase_add_test(tests, test_same_everywhere);
  tcase_add_test(tests, test_description);
  return suite;
}

GST_CHECK_MAIN(properties)
