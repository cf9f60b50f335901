// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/dinofeatures/attach_features.hpp"

#include "gst/vcl/gstvclfeaturesmeta.h"

namespace gstvcl {
namespace {

using SharedFeatures = std::shared_ptr<const vcl::FeatureMap>;

gboolean remove_ours(GstBuffer*, GstMeta** meta, gpointer) {
  const bool custom =
      gst_meta_info_is_custom((*meta)->info) &&
      gst_custom_meta_has_name(reinterpret_cast<GstCustomMeta*>(*meta), GST_VCL_FEATURES_CUSTOM_META_NAME);
  if (custom || (*meta)->info->api == GST_VCL_FEATURES_META_API_TYPE) *meta = nullptr;
  return TRUE;
}

GBytes* shared_bytes(const SharedFeatures& features) {
  return g_bytes_new_with_free_func(
      features->values.data(), features->values.size() * sizeof(float),
      [](gpointer owner) { delete static_cast<SharedFeatures*>(owner); }, new SharedFeatures(features));
}

}  // namespace

void remove_features(GstBuffer* buffer) {
  gst_buffer_foreach_meta(buffer, remove_ours, nullptr);
}

void attach_features(const AnnotatorFrame& frame, const SharedFeatures& features, const std::string& model_name) {
  GBytes* data = shared_bytes(features);
  GstVclFeaturesMeta* meta = gst_buffer_add_vcl_features_meta(
      frame.buffer, guint(GST_VIDEO_INFO_WIDTH(&frame.info)), guint(GST_VIDEO_INFO_HEIGHT(&frame.info)),
      guint(features->channels), guint(features->grid.width), guint(features->grid.height), data);
  g_bytes_unref(data);
  meta->frame = frame.number;
  meta->stride = guint(features->stride);
  meta->input_width = guint(features->input.width);
  meta->input_height = guint(features->input.height);
  meta->stale = !frame.infer;
  meta->model = g_strdup(model_name.c_str());
  gst_buffer_add_vcl_features_custom_meta(frame.buffer);
}

}  // namespace gstvcl
