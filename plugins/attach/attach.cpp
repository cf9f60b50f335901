// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/attach/attach.hpp"

#include <gst/video/video.h>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/timing/wall_clock.hpp"

namespace gstvcl {
namespace {

GQuark roi_type() {
  static const GQuark quark = g_quark_from_static_string("instance");
  return quark;
}

gboolean remove_ours(GstBuffer*, GstMeta** meta, gpointer) {
  const GType api = (*meta)->info->api;
  const bool custom =
      gst_meta_info_is_custom((*meta)->info) &&
      gst_custom_meta_has_name(reinterpret_cast<GstCustomMeta*>(*meta), GST_VCL_INSTANCES_CUSTOM_META_NAME);
  const bool roi = api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE &&
                   reinterpret_cast<GstVideoRegionOfInterestMeta*>(*meta)->roi_type == roi_type();
  if (api == GST_VCL_INSTANCES_META_API_TYPE || custom || roi) *meta = nullptr;
  return TRUE;
}

// Field names and types match those of DL Streamer, so that its elements and scripts can read them.
void attach_roi(GstBuffer* buffer, const vcl::Instance& instance, vcl::Size frame, guint index) {
  const vcl::Box& box = instance.box;
  auto* roi = gst_buffer_add_video_region_of_interest_meta_id(buffer, roi_type(), guint(box.x), guint(box.y),
                                                              guint(box.width), guint(box.height));
  roi->id = gint(index);
  gst_video_region_of_interest_meta_add_param(
      roi, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, double(instance.score), "label_id", G_TYPE_INT,
                             0, "label", G_TYPE_STRING, "object", "x_min", G_TYPE_DOUBLE, double(box.x) / frame.width,
                             "x_max", G_TYPE_DOUBLE, double(box.x + box.width) / frame.width, "y_min", G_TYPE_DOUBLE,
                             double(box.y) / frame.height, "y_max", G_TYPE_DOUBLE,
                             double(box.y + box.height) / frame.height, nullptr));
  const gint id = gint(instance.track_id & G_MAXINT);  // DL Streamer's ids have 31 bits
  gst_video_region_of_interest_meta_add_param(roi, gst_structure_new("object_id", "id", G_TYPE_INT, id, nullptr));
}

}  // namespace

void ResultAttacher::attach(GstBuffer* buffer, const vcl::FrameResult& result, const AttachSettings& settings,
                            GstClockTime running_time) {
  gst_buffer_foreach_meta(buffer, remove_ours, nullptr);
  GstVclInstancesMeta* meta =
      gst_buffer_add_vcl_instances_meta(buffer, guint(result.size.width), guint(result.size.height));
  meta->frame = result.frame;
  meta->stale = result.stale;
  meta->utc = stated_utc_of(buffer);
  guint index = 0;
  for (const vcl::Instance& instance : result.instances) {
    GError* error = nullptr;
    if (!instances_.add(meta, instance, &error)) {
      GST_WARNING("track %" G_GUINT64_FORMAT " left out: %s", guint64(instance.track_id), error->message);
      g_clear_error(&error);
      meta->stale = TRUE;  // incomplete: what hides the instances must not take them for all
      continue;
    }
    if (settings.roi_metas) attach_roi(buffer, instance, result.size, index);
    ++index;
  }
  instances_.frame_done();
  gst_buffer_add_vcl_instances_custom_meta(buffer);
  if constexpr (kHaveAnalytics) {
    history_.add(result, running_time);
    if (settings.analytics_metas) attach_analytics(buffer, meta, history_);
  }
}

}  // namespace gstvcl
