// SPDX-License-Identifier: LGPL-2.1-or-later
// The GstCustomMeta twin of GstVclFeaturesMeta: the same as a GstStructure, for bindings.
#include "custom_twin.hpp"
#include "gst/vcl/gstvclfeaturesmeta.h"

GstStructure* gst_vcl_features_meta_to_structure(const GstVclFeaturesMeta* meta) {
  return gst_structure_new(GST_VCL_FEATURES_CUSTOM_META_NAME, "frame", G_TYPE_UINT64, meta->frame, "pts", G_TYPE_UINT64,
                           meta->pts, "width", G_TYPE_INT, gint(meta->width), "height", G_TYPE_INT, gint(meta->height),
                           "channels", G_TYPE_INT, gint(meta->channels), "grid-width", G_TYPE_INT,
                           gint(meta->grid_width), "grid-height", G_TYPE_INT, gint(meta->grid_height), "stride",
                           G_TYPE_INT, gint(meta->stride), "input-width", G_TYPE_INT, gint(meta->input_width),
                           "input-height", G_TYPE_INT, gint(meta->input_height), "stale", G_TYPE_BOOLEAN, meta->stale,
                           "model", G_TYPE_STRING, meta->model, "data", G_TYPE_BYTES, meta->data, nullptr);
}

GstCustomMeta* gst_buffer_add_vcl_features_custom_meta(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && gst_buffer_is_writable(buffer), nullptr);
  const GstVclFeaturesMeta* meta = gst_buffer_get_vcl_features_meta(buffer);
  if (!meta) return nullptr;
  gst_vcl_features_custom_meta_register();
  GstStructure* fields = gst_vcl_features_meta_to_structure(meta);
  GstCustomMeta* twin = gstvcl::add_twin(buffer, GST_VCL_FEATURES_CUSTOM_META_NAME, fields);
  gst_structure_free(fields);
  return twin;
}

void gst_vcl_features_custom_meta_register() {
  static gsize registered = 0;
  if (!g_once_init_enter(&registered)) return;
  gstvcl::register_twin(GST_VCL_FEATURES_CUSTOM_META_NAME, gst_buffer_add_vcl_features_custom_meta);
  g_once_init_leave(&registered, 1);
}
