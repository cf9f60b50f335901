// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// Returns the pipeline's element of this name, which must exist. The pipeline keeps the reference.
inline GstElement* find(GstElement* pipeline, const char* name) {
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), name);
  gst_object_unref(element);
  return element;
}

}  // namespace vcl
