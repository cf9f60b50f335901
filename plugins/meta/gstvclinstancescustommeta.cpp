// SPDX-License-Identifier: LGPL-2.1-or-later
// The GstCustomMeta twin of GstVclInstancesMeta: the same as a GstStructure, for bindings.
#include <string>

#include "custom_twin.hpp"
#include "gst/vcl/gstvclinstancesmeta.h"

namespace {

GstStructure* instance_structure(const GstVclInstance* instance) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  const GstVclInstanceFlags flags = gst_vcl_instance_get_flags(instance);
  const gboolean is_new = (flags & GST_VCL_INSTANCE_FLAG_NEW) != 0;
  const gchar* form = (flags & GST_VCL_INSTANCE_FLAG_BOX) != 0      ? "box"
                      : (flags & GST_VCL_INSTANCE_FLAG_COARSE) != 0 ? "coarse"
                                                                    : "exact";
  return gst_structure_new("VclInstance", "id", G_TYPE_UINT64, gst_vcl_instance_get_track_id(instance), "score",
                           G_TYPE_DOUBLE, double(gst_vcl_instance_get_score(instance)), "x", G_TYPE_INT, box.x, "y",
                           G_TYPE_INT, box.y, "width", G_TYPE_INT, box.width, "height", G_TYPE_INT, box.height, "area",
                           G_TYPE_UINT64, gst_vcl_instance_get_area(instance), "new", G_TYPE_BOOLEAN, is_new, "form",
                           G_TYPE_STRING, form, "rle", G_TYPE_STRING, gst_vcl_instance_get_rle(instance), "mask",
                           GST_TYPE_BUFFER, gst_vcl_instance_get_mask(instance), nullptr);
}

}  // namespace

GstStructure* gst_vcl_instances_meta_to_structure(const GstVclInstancesMeta* meta) {
  const guint count = gst_vcl_instances_meta_get_n_instances(meta);
  GstStructure* structure = gst_structure_new(
      GST_VCL_INSTANCES_CUSTOM_META_NAME, "frame", G_TYPE_UINT64, meta->frame, "pts", G_TYPE_UINT64, meta->pts, "width",
      G_TYPE_INT, gint(meta->width), "height", G_TYPE_INT, gint(meta->height), "stale", G_TYPE_BOOLEAN, meta->stale,
      "utc", G_TYPE_UINT64, meta->utc, "instances", G_TYPE_UINT, count, nullptr);
  for (guint i = 0; i < count; ++i) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, instance_structure(gst_vcl_instances_meta_get_instance(meta, i)));
    gst_structure_take_value(structure, ("instance-" + std::to_string(i)).c_str(), &value);
  }
  return structure;
}

GstCustomMeta* gst_buffer_add_vcl_instances_custom_meta(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && gst_buffer_is_writable(buffer), nullptr);
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  if (!meta) return nullptr;
  gst_vcl_instances_custom_meta_register();
  GstStructure* fields = gst_vcl_instances_meta_to_structure(meta);
  GstCustomMeta* twin = gstvcl::add_twin(buffer, GST_VCL_INSTANCES_CUSTOM_META_NAME, fields);
  gst_structure_free(fields);
  return twin;
}

void gst_vcl_instances_custom_meta_register() {
  static gsize registered = 0;
  if (!g_once_init_enter(&registered)) return;
  gstvcl::register_twin(GST_VCL_INSTANCES_CUSTOM_META_NAME, gst_buffer_add_vcl_instances_custom_meta);
  g_once_init_leave(&registered, 1);
}
