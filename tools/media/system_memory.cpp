// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/system_memory.hpp"

#include "plugins/base/c_callback.hpp"

namespace vcl {
namespace {

// The values of GstAutoplugSelectResult, which no header has.
constexpr gint kTry = 0, kSkip = 2;

/// Returns whether it decodes video or pictures, such as those of Motion JPEG.
bool is_frame_decoder(GstElementFactory* factory) {
  return factory && gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_DECODER |
                                                                  GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO |
                                                                  GST_ELEMENT_FACTORY_TYPE_MEDIA_IMAGE);
}

GstCaps* frames_in_system_memory() {
  return gst_caps_new_empty_simple("video/x-raw");
}

gint select(GstElement*, GstPad*, GstCaps*, GstElementFactory* factory, gpointer) {
  g_autoptr(GstCaps) wanted = frames_in_system_memory();
  return is_frame_decoder(factory) && !gst_element_factory_can_src_any_caps(factory, wanted) ? kSkip : kTry;
}

/// Answers which caps a decoder may choose, before anything is linked to it.
gboolean answer(GstElement*, GstPad*, GstElement* element, GstQuery* query, gpointer) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS || !is_frame_decoder(gst_element_get_factory(element))) return FALSE;
  GstCaps* filter;
  gst_query_parse_caps(query, &filter);
  GstCaps* wanted = frames_in_system_memory();
  if (filter) gst_caps_take(&wanted, gst_caps_intersect_full(filter, wanted, GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, wanted);
  gst_caps_unref(wanted);
  return TRUE;
}

}  // namespace

void decode_to_system_memory(GstElement* source) {
  g_signal_connect(source, "autoplug-select", G_CALLBACK(gstvcl::c_callback<select>), nullptr);
  g_signal_connect(source, "autoplug-query", G_CALLBACK(gstvcl::c_callback<answer>), nullptr);
}

}  // namespace vcl
