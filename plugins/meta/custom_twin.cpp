// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/meta/custom_twin.hpp"

#include <gst/video/video.h>

namespace gstvcl {
namespace {

gboolean set_field(GQuark field, const GValue* value, gpointer target) {
  gst_structure_id_set_value(static_cast<GstStructure*>(target), field, value);
  return TRUE;
}

// A plain copy copies the structure. After scaling, the twin is made anew from the meta that it repeats, which was
// attached first and is therefore already scaled.
gboolean transform(GstBuffer* target, GstCustomMeta* twin, GstBuffer*, GQuark type, gpointer data, gpointer add) {
  if (GST_META_TRANSFORM_IS_COPY(type)) {
    if (static_cast<GstMetaTransformCopy*>(data)->region) return FALSE;
    const GstStructure* fields = gst_custom_meta_get_structure(twin);
    return add_twin(target, gst_structure_get_name(fields), fields) != nullptr;
  }
  return GST_VIDEO_META_TRANSFORM_IS_SCALE(type) && reinterpret_cast<AddTwin>(add)(target) != nullptr;
}

}  // namespace

void register_twin(const gchar* name, AddTwin add) {
  static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                nullptr};
  gst_meta_register_custom(name, tags, transform, reinterpret_cast<gpointer>(add), nullptr);
}

GstCustomMeta* add_twin(GstBuffer* buffer, const gchar* name, const GstStructure* fields) {
  GstCustomMeta* twin = gst_buffer_add_custom_meta(buffer, name);
  gst_structure_foreach(fields, set_field, gst_custom_meta_get_structure(twin));
  return twin;
}

}  // namespace gstvcl
