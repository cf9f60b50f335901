// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/properties.hpp"

#include "plugins/base/c_callback.hpp"

namespace gstvcl {
namespace {

GQuark property_quark() {
  static const GQuark quark = g_quark_from_static_string("gst-vcl-property");
  return quark;
}

const Property* property_of(GParamSpec* spec) {
  return static_cast<const Property*>(g_param_spec_get_qdata(spec, property_quark()));
}

bool may_change(GstElement* element, const GParamSpec* spec) {
  const GstState latest = spec->flags & GST_PARAM_MUTABLE_PLAYING  ? GST_STATE_PLAYING
                          : spec->flags & GST_PARAM_MUTABLE_PAUSED ? GST_STATE_PAUSED
                                                                   : GST_STATE_READY;
  if (GST_STATE(element) <= latest) return true;
  GST_WARNING_OBJECT(element, "property %s can only change in the states NULL and %s: ignored", spec->name,
                     gst_element_state_get_name(latest));
  return false;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  const Property* property = property_of(spec);
  if (!property || !property->set)
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  else if (may_change(GST_ELEMENT(object), spec))
    property->set(object, value);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const Property* property = property_of(spec);
  if (property)
    property->get(object, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void warn_once(GObject* object, const char* old, const char* replacement, const char* version) {
  const GQuark warned = g_quark_from_string((std::string("gst-vcl-warned-of-") + old).c_str());
  if (g_object_get_qdata(object, warned)) return;
  g_object_set_qdata(object, warned, object);
  GST_WARNING_OBJECT(object, "property %s is deprecated, gst-vcl %s removes it: use %s", old, version, replacement);
}

}  // namespace

void install_properties(GObjectClass* klass, const std::vector<Properties>& groups) {
  klass->set_property = c_callback<set_property>;
  klass->get_property = c_callback<get_property>;
  guint id = 0;
  for (const Properties& properties : groups)
    for (const Property& property : properties) {
      g_param_spec_set_qdata_full(property.spec, property_quark(), new Property(property),
                                  [](gpointer copy) { delete static_cast<Property*>(copy); });
      g_object_class_install_property(klass, ++id, property.spec);
    }
}

Property deprecated(Property old, const char* replacement, const char* version) {
  old.spec->flags = GParamFlags(old.spec->flags | G_PARAM_DEPRECATED);
  old.set = [name = old.spec->name, replacement, version](GObject* object, const GValue* value) {
    warn_once(object, name, replacement, version);
    g_object_set_property(object, replacement, value);
  };
  return old;
}

GType enum_type(const char* name, const GEnumValue* values) {
  const GType type = g_enum_register_static(name, values);
  gst_type_mark_as_plugin_api(type, GstPluginAPIFlags(0));
  return type;
}

}  // namespace gstvcl
