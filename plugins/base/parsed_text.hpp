// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "plugins/base/properties.hpp"

namespace gstvcl {

/// A setting that is parsed from text. A text that cannot be parsed leaves the value unchanged.
template <typename Value>
struct ParsedText {
  std::string text;  ///< the latest valid text
  Value value;
  std::string refusal;  ///< why the latest text is invalid; empty if it is valid
};

/// Returns the property of such a setting, which may change at any time. If `parse` throws, the element posts a warning
/// at once. The element's next start should then be an error.
template <auto kSettingsOf, typename Settings, typename Value>
Property parsed_text(const typename Fields<kSettingsOf>::Name& name, ParsedText<Value> Settings::*setting,
                     Value (*parse)(std::string_view)) {
  Property property = Fields<kSettingsOf>::text(name, kInPlaying, setting, &ParsedText<Value>::text);
  property.set = [setting, parse](GObject* object, const GValue* value) {
    const std::string text = g_value_get_string(value) ? g_value_get_string(value) : "";
    std::string refusal;
    Value parsed;
    try {
      parsed = parse(text);
    } catch (const std::exception& error) {
      refusal = error.what();
    }
    kSettingsOf(object).change([&](Settings& settings) {
      ParsedText<Value>& field = settings.*setting;
      field.refusal = refusal;
      if (!refusal.empty()) return;
      field.text = text;
      field.value = std::move(parsed);
    });
    if (!refusal.empty()) GST_ELEMENT_WARNING(object, RESOURCE, SETTINGS, ("%s", refusal.c_str()), (nullptr));
  };
  return property;
}

}  // namespace gstvcl
