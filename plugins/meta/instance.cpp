// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/meta/instance.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "plugins/meta/mapped_buffer.hpp"
#include "vcl/mask_crop.hpp"

namespace gstvcl {
namespace {

GstBuffer* mask_buffer(const vcl::Rle& rle, vcl::Box box) {
  const vcl::Mask crop = vcl::rle_crop(rle, box);
  g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(nullptr, crop.pixels.size(), nullptr);
  std::ranges::transform(crop.pixels, MappedBuffer(buffer, GST_MAP_WRITE).data(),
                         [](std::uint8_t pixel) { return std::uint8_t(pixel ? 255 : 0); });
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {box.width};
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, guint(box.width),
                                 guint(box.height), 1, offset, stride);
  return static_cast<GstBuffer*>(g_steal_pointer(&buffer));
}

void instance_clear(gpointer data) {
  auto* instance = static_cast<GstVclInstance*>(data);
  g_free(instance->rle);
  gst_buffer_unref(instance->mask);
}

}  // namespace

GstVclInstance* instance_new(guint64 track_id, gfloat score, GstVclInstanceFlags flags, const vcl::Rle& mask) {
  const vcl::Box box = vcl::rle_box(mask);
  const std::string rle = vcl::rle_to_string(mask);  // may throw, so it comes before any allocation that would leak
  GstBuffer* pixels = mask_buffer(mask, box);
  GstVclInstance* instance = g_atomic_rc_box_new(GstVclInstance);
  *instance = {
      track_id, score, flags, {box.x, box.y, box.width, box.height}, vcl::rle_area(mask), g_strdup(rle.c_str()),
      pixels};
  return instance;
}

GstVclInstance* instance_repeat(const GstVclInstance* instance) {
  if ((instance->flags & GST_VCL_INSTANCE_FLAG_NEW) == 0)
    return static_cast<GstVclInstance*>(g_atomic_rc_box_acquire(const_cast<GstVclInstance*>(instance)));
  GstVclInstance* copy = g_atomic_rc_box_new(GstVclInstance);
  *copy = *instance;
  copy->flags = GstVclInstanceFlags(instance->flags & ~GST_VCL_INSTANCE_FLAG_NEW);
  copy->rle = g_strdup(instance->rle);
  gst_buffer_ref(copy->mask);
  return copy;
}

void instance_unref(gpointer instance) {
  g_atomic_rc_box_release_full(instance, instance_clear);
}

GPtrArray* instances_scale(const GPtrArray* instances, vcl::Size from, vcl::Size to) {
  g_autoptr(GPtrArray) scaled = g_ptr_array_new_full(instances->len, instance_unref);  // masks that are no masks throw
  for (guint i = 0; i < instances->len; ++i) {
    auto* instance = static_cast<GstVclInstance*>(g_ptr_array_index(instances, i));
    if (from == to) {
      g_ptr_array_add(scaled, g_atomic_rc_box_acquire(instance));
      continue;
    }
    const vcl::Rle mask = vcl::rle_from_string(instance->rle, from.width, from.height);
    g_ptr_array_add(scaled,
                    instance_new(instance->track_id, instance->score, instance->flags, vcl::rle_scale(mask, to)));
  }
  return static_cast<GPtrArray*>(g_steal_pointer(&scaled));
}

}  // namespace gstvcl

guint64 gst_vcl_instance_get_track_id(const GstVclInstance* instance) {
  return instance->track_id;
}

gfloat gst_vcl_instance_get_score(const GstVclInstance* instance) {
  return instance->score;
}

GstVclInstanceFlags gst_vcl_instance_get_flags(const GstVclInstance* instance) {
  return instance->flags;
}

void gst_vcl_instance_get_box(const GstVclInstance* instance, GstVclBox* box) {
  *box = instance->box;
}

guint64 gst_vcl_instance_get_area(const GstVclInstance* instance) {
  return instance->area;
}

const gchar* gst_vcl_instance_get_rle(const GstVclInstance* instance) {
  return instance->rle;
}

GstBuffer* gst_vcl_instance_get_mask(const GstVclInstance* instance) {
  return instance->mask;
}
