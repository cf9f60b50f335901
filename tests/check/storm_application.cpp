// SPDX-License-Identifier: LGPL-2.1-or-later
// What a storm's application does meanwhile.
#include <algorithm>

#include "storm_run.hpp"

namespace check {
namespace {

/// A legal value, most often near the least or the default one.
template <class Number>
Number legal(StormDice& dice, Number least, Number most, Number standard) {
  switch (dice.roll(0, 5)) {
    case 0:
      return most;
    case 1:
      return least;
    case 2:
      return standard;
    default:
      return Number(least + std::min<long double>((long double)most - (long double)least, dice.roll(0, 4)));
  }
}

/// Fills in a value of the property; false: of a type that storms leave alone.
bool make_legal(StormDice& dice, const GParamSpec* spec, GValue* value) {
  const auto set = [&](auto setter, const auto* of) {
    setter(value, legal(dice, of->minimum, of->maximum, of->default_value));
    return true;
  };
  if (const auto* uint = reinterpret_cast<const GParamSpecUInt*>(spec); G_IS_PARAM_SPEC_UINT(spec))
    return set(g_value_set_uint, uint);
  if (G_IS_PARAM_SPEC_UINT64(spec)) return set(g_value_set_uint64, reinterpret_cast<const GParamSpecUInt64*>(spec));
  if (G_IS_PARAM_SPEC_INT(spec)) return set(g_value_set_int, reinterpret_cast<const GParamSpecInt*>(spec));
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) {
    g_value_set_boolean(value, dice.one_in(2));
    return true;
  }
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* values = reinterpret_cast<const GParamSpecEnum*>(spec)->enum_class;
    g_value_set_enum(value, values->values[dice.roll(0, int(values->n_values) - 1)].value);
    return true;
  }
  if (g_str_equal(spec->name, "region")) {
    g_value_set_string(value, dice.one_in(2) ? "0,0,1,1" : nullptr);  // lies in all frames
    return true;
  }
  const double share = dice.roll(0, 4) / 4.;
  if (G_IS_PARAM_SPEC_FLOAT(spec)) {
    const auto* of = reinterpret_cast<const GParamSpecFloat*>(spec);
    g_value_set_float(value, float(of->minimum + share * (of->maximum - of->minimum)));
    return true;
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    const auto* of = reinterpret_cast<const GParamSpecDouble*>(spec);
    g_value_set_double(value, of->minimum + share * (of->maximum - of->minimum));
    return true;
  }
  return false;
}

/// Calls `use` with each property of the element's own classes.
template <class Use>
void for_each_property(GstElement* element, Use use) {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  for (guint i = 0; i < count; ++i)
    if (specs[i]->owner_type != GST_TYPE_OBJECT) use(specs[i]);
  g_free(specs);
}

}  // namespace

void StormRun::act_as_application() {
  bool broken;
  {
    const std::lock_guard lock(mutex_);
    broken = broken_ && !done_;
  }
  const int action = broken ? 0 : application_dice_.roll(0, 40);
  if (action == 0) return cycle(application_dice_.one_in(3) ? GST_STATE_NULL : GST_STATE_READY);
  if (action < 4) return flush();
  if (action < 6) {
    gst_element_set_state(bin_, GST_STATE_PAUSED);
    gst_element_set_state(bin_, GST_STATE_PLAYING);
    return;
  }
  if (action < 20) return set_any_property();
  if (action < 26) return read_properties();
  return action < 34 ? send_upstream() : ask_upstream();
}

template <class Down, class Up>
void StormRun::disturb(Down down, Up up, bool ids_begin_anew) {
  ++disturbances_;
  down();
  std::unique_lock lock(mutex_);
  halted_ = true;
  changed_.wait(lock, [this] { return standing_; });
  lock.unlock();
  up();
  ledger_.dropped(ids_begin_anew);
  refused_ = false;
  lock.lock();
  ++disturbances_;
  halted_ = broken_ = false;
  changed_.notify_all();
}

void StormRun::flush() {
  disturb([this] { gst_pad_push_event(source_, gst_event_new_flush_start()); },
          [this] { gst_pad_push_event(source_, gst_event_new_flush_stop(application_dice_.one_in(2))); }, false);
}

void StormRun::cycle(GstState down) {
  disturb([&] { gst_element_set_state(bin_, down); }, [this] { play_again(); }, down == GST_STATE_NULL);
}

/// A property that the model refuses must be said so, and can be taken back.
void StormRun::play_again() {
  const int errors = errors_;
  if (gst_element_set_state(bin_, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) return;
  ledger_.require(errors_ > errors, "does not start, and no message says why");
  gst_element_set_state(bin_, GST_STATE_NULL);
  for (GstElement* element : elements_)
    for_each_property(element, [&](GParamSpec* spec) {
      if (std::ranges::count(storm_.fixed, spec->name) > 0 || !(spec->flags & G_PARAM_WRITABLE)) return;
      g_object_set_property(G_OBJECT(element), spec->name, g_param_spec_get_default_value(spec));
    });
  ledger_.require(gst_element_set_state(bin_, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE,
                  "does not start with the default properties");
}

void StormRun::set_any_property() {
  GstElement* element = application_dice_.pick(elements_);
  std::vector<GParamSpec*> properties;
  for_each_property(element, [&](GParamSpec* spec) {
    if ((spec->flags & G_PARAM_WRITABLE) && std::ranges::count(storm_.fixed, spec->name) == 0)
      properties.push_back(spec);
  });
  if (properties.empty()) return;
  const GParamSpec* spec = application_dice_.pick(properties);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  if (make_legal(application_dice_, spec, &value)) g_object_set_property(G_OBJECT(element), spec->name, &value);
  g_value_unset(&value);
}

void StormRun::read_properties() {
  for (GstElement* element : elements_)
    for_each_property(element, [&](GParamSpec* spec) {
      if (!(spec->flags & G_PARAM_READABLE)) return;
      GValue value = G_VALUE_INIT;
      g_value_init(&value, spec->value_type);
      g_object_get_property(G_OBJECT(element), spec->name, &value);
      g_value_unset(&value);
    });
}

void StormRun::send_upstream() {
  const auto time = GstClockTime(application_dice_.roll(0, 10)) * GST_SECOND;
  if (application_dice_.one_in(4)) {
    const int before = events_up_;
    gst_pad_push_event(sink_, gst_event_new_seek(1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                                                 gint64(time), GST_SEEK_TYPE_NONE, 0));
    ledger_.require(events_up_ > before, "a seek did not get through");
    return flush();
  }
  const std::vector<GstClockTimeDiff> late = {0, GST_MSECOND, 5 * GST_SECOND, G_MAXINT64, -GstClockTimeDiff(time)};
  const auto diff = application_dice_.pick(late);
  const GstClockTime when = diff > 0 ? application_dice_.pick<GstClockTime>({0, time, G_MAXINT64}) : time;
  gst_pad_push_event(sink_, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 0.5, diff, when));
}

void StormRun::ask_upstream() {
  GstCaps* caps = gst_caps_from_string("video/x-raw,format=RGB,width=8,height=8,framerate=25/1");
  GstQuery* query = nullptr;
  switch (application_dice_.roll(0, 3)) {
    case 0:
      query = gst_query_new_accept_caps(caps);
      break;
    case 1:
      query = gst_query_new_caps(nullptr);
      break;
    case 2:
      query = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("storm"));
      break;
    default:
      query = gst_query_new_latency();
  }
  if (gst_pad_peer_query(sink_, query) && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    GstClockTime least, most;
    gst_query_parse_latency(query, nullptr, &least, &most);
    // A frame lasts an hour at most, and 255 are held back at most.
    ledger_.require(least < 300 * 3600 * GST_SECOND, "a latency of " + std::to_string(least / GST_SECOND) + " s");
    ledger_.require(!GST_CLOCK_TIME_IS_VALID(most) || least <= most, "a least latency above the greatest");
  }
  gst_query_unref(query);
  gst_caps_unref(caps);
}

}  // namespace check
