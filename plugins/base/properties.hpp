// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "plugins/base/guarded.hpp"

namespace gstvcl {

/// A property of an element. The flags of its spec state when it may change.
struct Property {
  GParamSpec* spec;
  std::function<void(GObject*, const GValue*)> set;  ///< empty if the property is read-only
  std::function<void(GObject*, GValue*)> get;
};
using Properties = std::vector<Property>;

inline constexpr auto kReadOnly = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
inline constexpr auto kInReady = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
inline constexpr auto kInPlaying = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

/// Installs the properties of an element class. If a property may not change in the current state of the element,
/// setting it only logs a warning.
void install_properties(GObjectClass* klass, const std::vector<Properties>& groups);

/// Returns a deprecated property: `old` sets `replacement` until `version` removes it. Each element warns once.
Property deprecated(Property old, const char* replacement, const char* version);

/// Registers the type of an enum property as API of the plugin.
GType enum_type(const char* name, const GEnumValue* values);

/// Functions that make the spec of a number property and read and write its value.
template <typename Number>
inline constexpr auto kNumber = nullptr;
template <>
inline constexpr auto kNumber<gint> = std::make_tuple(g_param_spec_int, g_value_get_int, g_value_set_int);
template <>
inline constexpr auto kNumber<guint> = std::make_tuple(g_param_spec_uint, g_value_get_uint, g_value_set_uint);
template <>
inline constexpr auto kNumber<guint64> = std::make_tuple(g_param_spec_uint64, g_value_get_uint64, g_value_set_uint64);
template <>
inline constexpr auto kNumber<gfloat> = std::make_tuple(g_param_spec_float, g_value_get_float, g_value_set_float);
template <>
inline constexpr auto kNumber<gdouble> = std::make_tuple(g_param_spec_double, g_value_get_double, g_value_set_double);

/// Makes properties from fields of an element's settings. `kSettingsOf` (GObject* to Guarded<Settings>&) finds the
/// settings, and a path of member pointers leads to the field. The default value is that of the struct.
template <auto kSettingsOf>
class Fields {
 public:
  using Settings = typename std::remove_cvref_t<decltype(kSettingsOf(nullptr))>::Value;
  struct Name {
    const char *name, *nick, *blurb;
  };

  template <typename... Path>
  static Property toggle(const Name& name, GParamFlags flags, Path... path) {
    const auto set = [](GValue* value, bool field) { g_value_set_boolean(value, field); };
    return property(g_param_spec_boolean(name.name, name.nick, name.blurb, standard(path...), flags),
                    g_value_get_boolean, set, path...);
  }

  template <typename... Path>
  static Property choice(const Name& name, GType type, GParamFlags flags, Path... path) {
    const auto set = [](GValue* value, auto field) { g_value_set_enum(value, gint(field)); };
    return property(g_param_spec_enum(name.name, name.nick, name.blurb, type, gint(standard(path...)), flags),
                    g_value_get_enum, set, path...);
  }

  template <typename Number, typename... Path>
  static Property number(const Name& name, Number least, Number most, GParamFlags flags, Path... path) {
    const auto [spec, get, set] = kNumber<Number>;
    return property(
        spec(name.name, name.nick, name.blurb, least, most, Number(standard(path...)), flags), get,
        [set = set](GValue* value, auto field) { set(value, Number(field)); }, path...);
  }

  /// NULL sets an empty text. An empty text reads as NULL, unless the default is not empty.
  template <typename... Path>
  static Property text(const Name& name, GParamFlags flags, Path... path) {
    const auto get = [](const GValue* value) { return g_value_get_string(value) ? g_value_get_string(value) : ""; };
    const std::string text = standard(path...);
    const auto set = [optional = text.empty()](GValue* value, const std::string& field) {
      g_value_set_string(value, optional && field.empty() ? nullptr : field.c_str());
    };
    return property(g_param_spec_string(name.name, name.nick, name.blurb, text.empty() ? nullptr : text.c_str(), flags),
                    get, set, path...);
  }

 private:
  template <typename Struct, typename First, typename... Rest>
  static auto& at(Struct& settings, First first, Rest... rest) {
    if constexpr (sizeof...(rest) == 0)
      return settings.*first;
    else
      return at(settings.*first, rest...);
  }

  template <typename... Path>
  static auto standard(Path... path) {
    const Settings settings;
    return at(settings, path...);
  }

  template <typename Get, typename Set, typename... Path>
  static Property property(GParamSpec* spec, Get get, Set set, Path... path) {
    return {spec,
            [get, path...](GObject* object, const GValue* value) {
              kSettingsOf(object).change([&](Settings& settings) {
                auto& field = at(settings, path...);
                field = static_cast<std::remove_reference_t<decltype(field)>>(get(value));
              });
            },
            [set, path...](GObject* object, GValue* value) {
              const Settings settings = kSettingsOf(object).get();
              set(value, at(settings, path...));
            }};
  }
};

}  // namespace gstvcl
