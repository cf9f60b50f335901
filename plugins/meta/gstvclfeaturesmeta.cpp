// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gst/vcl/gstvclfeaturesmeta.h"

#include <gst/video/video.h>

#include "transformed_size.hpp"

namespace {

gboolean meta_init(GstMeta* meta, gpointer, GstBuffer* buffer) {
  auto* self = reinterpret_cast<GstVclFeaturesMeta*>(meta);
  const GstMeta header = *meta;
  *self = {};
  self->meta = header;
  self->pts = GST_BUFFER_PTS(buffer);
  return TRUE;
}

void meta_free(GstMeta* meta, GstBuffer*) {
  auto* self = reinterpret_cast<GstVclFeaturesMeta*>(meta);
  g_clear_pointer(&self->data, g_bytes_unref);
  g_clear_pointer(&self->model, g_free);
}

// The features cover the whole frame, so scaling does not change them.
gboolean meta_transform(GstBuffer* target, GstMeta* meta, GstBuffer*, GQuark type, gpointer data) {
  const auto* source = reinterpret_cast<GstVclFeaturesMeta*>(meta);
  const vcl::Size size = gstvcl::transformed_size({int(source->width), int(source->height)}, type, data);
  if (size.width < 1) return FALSE;
  GstVclFeaturesMeta* copy =
      gst_buffer_add_vcl_features_meta(target, guint(size.width), guint(size.height), source->channels,
                                       source->grid_width, source->grid_height, source->data);
  if (!copy) return FALSE;
  copy->frame = source->frame;
  copy->pts = source->pts;
  copy->stride = source->stride;
  copy->input_width = source->input_width;
  copy->input_height = source->input_height;
  copy->stale = source->stale;
  copy->model = g_strdup(source->model);
  return TRUE;
}

// Returns whether channels * width * height floats fill exactly that many bytes. No product overflows, even for
// malicious numbers.
bool fills(guint channels, guint width, guint height, gsize bytes) {
  const gsize values = bytes / sizeof(gfloat);
  if (channels == 0 || width == 0 || height == 0 || bytes % sizeof(gfloat) != 0 || values % channels != 0) return false;
  return guint64(width) * height == values / channels;
}

}  // namespace

GType gst_vcl_features_meta_api_get_type() {
  // Elements that crop, flip or rotate know these tags and drop the meta, whose geometry would be wrong.
  static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                nullptr};
  static const GType type = gst_meta_api_type_register("GstVclFeaturesMetaAPI", tags);
  return type;
}

const GstMetaInfo* gst_vcl_features_meta_get_info() {
  static const GstMetaInfo* info = gst_meta_register(gst_vcl_features_meta_api_get_type(), "GstVclFeaturesMeta",
                                                     sizeof(GstVclFeaturesMeta), meta_init, meta_free, meta_transform);
  return info;
}

GstVclFeaturesMeta* gst_buffer_add_vcl_features_meta(GstBuffer* buffer, guint width, guint height, guint channels,
                                                     guint grid_width, guint grid_height, GBytes* data) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && gst_buffer_is_writable(buffer), nullptr);
  g_return_val_if_fail(width > 0 && height > 0 && data != nullptr, nullptr);
  if (!fills(channels, grid_width, grid_height, g_bytes_get_size(data))) return nullptr;
  auto* meta = reinterpret_cast<GstVclFeaturesMeta*>(gst_buffer_add_meta(buffer, GST_VCL_FEATURES_META_INFO, nullptr));
  meta->width = width;
  meta->height = height;
  meta->channels = channels;
  meta->grid_width = grid_width;
  meta->grid_height = grid_height;
  meta->data = g_bytes_ref(data);
  return meta;
}

GstVclFeaturesMeta* gst_buffer_get_vcl_features_meta(GstBuffer* buffer) {
  return reinterpret_cast<GstVclFeaturesMeta*>(gst_buffer_get_meta(buffer, GST_VCL_FEATURES_META_API_TYPE));
}

const gfloat* gst_vcl_features_meta_get_values(const GstVclFeaturesMeta* meta) {
  return static_cast<const gfloat*>(g_bytes_get_data(meta->data, nullptr));
}
