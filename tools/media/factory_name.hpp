// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string_view>

namespace vcl {

/// Returns the name under which the kind of the element is registered, such as "qtdemux". Empty: it has none.
inline std::string_view factory_name(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory ? GST_OBJECT_NAME(factory) : "";
}

}  // namespace vcl
