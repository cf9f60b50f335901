// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gst/vcl/gstvclinstancesmeta.h"

#include <gst/video/video.h>

#include <exception>

#include "instance.hpp"
#include "transformed_size.hpp"

namespace {

gboolean meta_init(GstMeta* meta, gpointer, GstBuffer* buffer) {
  auto* self = reinterpret_cast<GstVclInstancesMeta*>(meta);
  self->frame = 0;
  self->pts = GST_BUFFER_PTS(buffer);
  self->width = self->height = 0;
  self->stale = FALSE;
  self->utc = GST_CLOCK_TIME_NONE;
  self->instances = g_ptr_array_new_with_free_func(gstvcl::instance_unref);
  return TRUE;
}

void meta_free(GstMeta* meta, GstBuffer*) {
  g_ptr_array_unref(reinterpret_cast<GstVclInstancesMeta*>(meta)->instances);
}

gboolean meta_transform(GstBuffer* target, GstMeta* meta, GstBuffer*, GQuark type, gpointer data) {
  const auto* source = reinterpret_cast<GstVclInstancesMeta*>(meta);
  const vcl::Size from{int(source->width), int(source->height)};
  const vcl::Size size = gstvcl::transformed_size(from, type, data);
  if (size.width < 1) return FALSE;
  GPtrArray* instances = nullptr;
  try {
    instances = gstvcl::instances_scale(source->instances, from, size);
  } catch (const std::exception& error) {
    GST_WARNING("instances are lost in scaling: %s", error.what());
    return FALSE;
  }
  GstVclInstancesMeta* copy = gst_buffer_add_vcl_instances_meta(target, guint(size.width), guint(size.height));
  copy->frame = source->frame;
  copy->pts = source->pts;
  copy->stale = source->stale;
  copy->utc = source->utc;
  g_ptr_array_unref(copy->instances);
  copy->instances = instances;
  return TRUE;
}

}  // namespace

GType gst_vcl_instances_meta_api_get_type() {
  // Elements that crop, flip or rotate know these tags and drop the meta, whose geometry would be wrong.
  static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                nullptr};
  static const GType type = gst_meta_api_type_register("GstVclInstancesMetaAPI", tags);
  return type;
}

const GstMetaInfo* gst_vcl_instances_meta_get_info() {
  static const GstMetaInfo* info = gst_meta_register(gst_vcl_instances_meta_api_get_type(), "GstVclInstancesMeta",
                                                     sizeof(GstVclInstancesMeta), meta_init, meta_free, meta_transform);
  return info;
}

GstVclInstancesMeta* gst_buffer_add_vcl_instances_meta(GstBuffer* buffer, guint width, guint height) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && gst_buffer_is_writable(buffer), nullptr);
  g_return_val_if_fail(width > 0 && height > 0, nullptr);
  auto* meta =
      reinterpret_cast<GstVclInstancesMeta*>(gst_buffer_add_meta(buffer, GST_VCL_INSTANCES_META_INFO, nullptr));
  meta->width = width;
  meta->height = height;
  return meta;
}

GstVclInstancesMeta* gst_buffer_get_vcl_instances_meta(GstBuffer* buffer) {
  return reinterpret_cast<GstVclInstancesMeta*>(gst_buffer_get_meta(buffer, GST_VCL_INSTANCES_META_API_TYPE));
}

gboolean gst_vcl_instances_meta_add_instance(GstVclInstancesMeta* meta, guint64 track_id, gfloat score,
                                             GstVclInstanceFlags flags, const gchar* rle, GError** error) {
  g_return_val_if_fail(meta != nullptr && rle != nullptr, FALSE);
  try {
    const vcl::Rle mask = vcl::rle_from_string(rle, int(meta->width), int(meta->height));
    if (vcl::rle_area(mask) == 0) {
      g_set_error_literal(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                          "the mask of an instance must not be empty");
      return FALSE;
    }
    g_ptr_array_add(meta->instances, gstvcl::instance_new(track_id, score, flags, mask));
    return TRUE;
  } catch (const std::exception& cause) {
    g_set_error_literal(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, cause.what());
    return FALSE;
  }
}

void gst_vcl_instances_meta_repeat_instance(GstVclInstancesMeta* meta, const GstVclInstance* instance) {
  g_return_if_fail(meta != nullptr && instance != nullptr);
  g_ptr_array_add(meta->instances, gstvcl::instance_repeat(instance));
}

guint gst_vcl_instances_meta_get_n_instances(const GstVclInstancesMeta* meta) {
  return meta->instances->len;
}

const GstVclInstance* gst_vcl_instances_meta_get_instance(const GstVclInstancesMeta* meta, guint index) {
  if (index >= meta->instances->len) return nullptr;
  return static_cast<const GstVclInstance*>(g_ptr_array_index(meta->instances, index));
}

const GstVclInstance* gst_vcl_instances_meta_find_track(const GstVclInstancesMeta* meta, guint64 track_id) {
  for (guint i = 0; i < meta->instances->len; ++i)
    if (const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i); instance->track_id == track_id)
      return instance;
  return nullptr;
}
