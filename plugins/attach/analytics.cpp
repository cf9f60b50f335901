// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/attach/analytics.hpp"

#include <gst/analytics/analytics.h>
#include <gst/video/video.h>

#include <algorithm>

#include "plugins/attach/region_id.hpp"
#include "plugins/meta/mapped_buffer.hpp"

namespace gstvcl {
namespace {

using Track = TrackHistory::Track;

GQuark object_type() {
  static const GQuark quark = g_quark_from_static_string("object");
  return quark;
}

// Returns the instance's mask with `region` instead of 255. Rows are packed, because consumers use the width as stride.
GstBuffer* region_mask(const GstVclInstance* instance, guint8 region) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  const gsize size = gsize(box.width) * gsize(box.height);
  g_autoptr(GstBuffer) mask = gst_buffer_new_allocate(nullptr, size, nullptr);
  {
    const MappedBuffer from(gst_vcl_instance_get_mask(instance), GST_MAP_READ), to(mask, GST_MAP_WRITE);
    std::transform(from.data(), from.data() + size, to.data(),
                   [region](guint8 inside) { return inside ? region : guint8(0); });
  }
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {box.width};
  gst_buffer_add_video_meta_full(mask, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, guint(box.width),
                                 guint(box.height), 1, offset, stride);
  return static_cast<GstBuffer*>(g_steal_pointer(&mask));
}

bool add_tracking(GstAnalyticsRelationMeta* relations, guint64 track_id, const Track& track,
                  GstAnalyticsTrackingMtd* tracking) {
  if (!gst_analytics_relation_meta_add_tracking_mtd(relations, track_id, track.first_seen, tracking)) return false;
  gst_analytics_tracking_mtd_update_last_seen(tracking, track.last_seen);
  if (track.just_lost()) gst_analytics_tracking_mtd_set_lost(tracking);
  return true;
}

void add_instance(GstAnalyticsRelationMeta* relations, const GstVclInstance* instance, const Track& track) {
  const guint64 track_id = gst_vcl_instance_get_track_id(instance);
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  guint regions[] = {0, region_id<guint8>(track_id)};
  GstAnalyticsODMtd object;
  GstAnalyticsSegmentationMtd segmentation;
  GstAnalyticsTrackingMtd tracking;
  const bool added =
      gst_analytics_relation_meta_add_od_mtd(relations, object_type(), box.x, box.y, box.width, box.height,
                                             gst_vcl_instance_get_score(instance), &object) &&
      gst_analytics_relation_meta_add_segmentation_mtd(
          relations, region_mask(instance, guint8(regions[1])), GST_SEGMENTATION_TYPE_INSTANCE, G_N_ELEMENTS(regions),
          regions, box.x, box.y, guint(box.width), guint(box.height), &segmentation) &&
      add_tracking(relations, track_id, track, &tracking);
  if (!added) {
    GST_WARNING("track %" G_GUINT64_FORMAT " left out of the analytics metadata", track_id);
    return;
  }
  const auto relate = [relations](guint from, guint to) {
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, from, to);
  };
  relate(object.id, segmentation.id);
  relate(segmentation.id, object.id);
  relate(object.id, tracking.id);
}

}  // namespace

void attach_analytics(GstBuffer* buffer, const GstVclInstancesMeta* meta, const TrackHistory& history) {
  const auto lost = [](const auto& entry) { return entry.second.just_lost(); };
  if (gst_vcl_instances_meta_get_n_instances(meta) == 0 && std::ranges::none_of(history.tracks(), lost)) return;
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(buffer);
  if (!relations) relations = gst_buffer_add_analytics_relation_meta(buffer);
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    add_instance(relations, instance, history.tracks().at(gst_vcl_instance_get_track_id(instance)));
  }
  GstAnalyticsTrackingMtd tracking;
  for (const auto& [track_id, track] : history.tracks())
    if (track.just_lost()) add_tracking(relations, track_id, track, &tracking);
}

}  // namespace gstvcl
