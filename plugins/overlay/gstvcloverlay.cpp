// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/gstvcloverlay.h"

#include "plugins/base/element_error.hpp"
#include "plugins/base/pad_templates.hpp"
#include "plugins/base/parsed_text.hpp"
#include "plugins/overlay/scene.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_overlay_debug);
#define GST_CAT_DEFAULT gst_vcl_overlay_debug

namespace {

struct Settings {
  gstvcl::Scene scene;
  gstvcl::ParsedText<std::vector<gstvcl::Rgb>> palette;

  gstvcl::Scene drawn() const {
    gstvcl::Scene drawn = scene;
    drawn.palette = palette.value;
    return drawn;
  }
};

}  // namespace

struct _GstVclOverlay {
  GstVideoFilter parent;
  gstvcl::Guarded<Settings>* settings;
  gstvcl::Trails* trails;  // streaming thread
};

G_DEFINE_TYPE(GstVclOverlay, gst_vcl_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(vcl_overlay, "vcl-overlay", GST_RANK_NONE, GST_TYPE_VCL_OVERLAY)

namespace {

gstvcl::Guarded<Settings>& settings_of(GObject* object) {
  return *GST_VCL_OVERLAY(object)->settings;
}

GstFlowReturn transform_frame_ip(GstVideoFilter* filter, GstVideoFrame* frame) {
  GstVclOverlay* self = GST_VCL_OVERLAY(filter);
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(frame->buffer);
  if (!meta) return GST_FLOW_OK;
  if (gint(meta->width) != GST_VIDEO_FRAME_WIDTH(frame) || gint(meta->height) != GST_VIDEO_FRAME_HEIGHT(frame)) {
    GST_WARNING_OBJECT(filter, "the instances are for frames of %ux%u: not drawn", meta->width, meta->height);
    return GST_FLOW_OK;
  }
  try {
    gstvcl::Painter painter(frame);
    gstvcl::draw_scene(painter, meta, self->settings->get().drawn(), *self->trails);
    return GST_FLOW_OK;
  } catch (...) {
    gstvcl::post_current_exception(GST_ELEMENT(filter));
    return GST_FLOW_ERROR;
  }
}

gboolean set_info(GstVideoFilter* filter, GstCaps*, GstVideoInfo*, GstCaps*, GstVideoInfo*) {
  GST_VCL_OVERLAY(filter)->trails->clear();
  return TRUE;
}

gboolean start(GstBaseTransform* base) {
  const std::string refusal = settings_of(G_OBJECT(base)).get().palette.refusal;
  if (!refusal.empty()) GST_ELEMENT_ERROR(base, RESOURCE, SETTINGS, ("%s", refusal.c_str()), (nullptr));
  return refusal.empty();
}

gboolean stop(GstBaseTransform* base) {
  GST_VCL_OVERLAY(base)->trails->clear();
  return TRUE;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_VCL_OVERLAY(base)->trails->clear();
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_overlay_parent_class)->sink_event(base, event);
}

void finalize(GObject* object) {
  delete GST_VCL_OVERLAY(object)->settings;
  delete GST_VCL_OVERLAY(object)->trails;
  G_OBJECT_CLASS(gst_vcl_overlay_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  using gstvcl::kInPlaying, gstvcl::Scene;
  const auto scene = &Settings::scene;
  gstvcl::install_properties(
      klass,
      {{Field::toggle({"masks", "Masks", "Tint the pixels of each instance with the color of its track"}, kInPlaying,
                      scene, &Scene::masks),
        Field::toggle({"contours", "Contours", "Draw the inner edge of each mask, with the color of its track"},
                      kInPlaying, scene, &Scene::contours),
        Field::toggle({"boxes", "Boxes", "Draw the box of each mask, with the color of its track"}, kInPlaying, scene,
                      &Scene::boxes),
        Field::toggle({"labels", "Labels", "Write a label at each instance, with what ids and scores say"}, kInPlaying,
                      scene, &Scene::labels),
        Field::toggle({"ids", "Ids", "Write the track id in labels"}, kInPlaying, scene, &Scene::ids),
        Field::toggle({"scores", "Scores", "Write the score in labels, from 0 to 1"}, kInPlaying, scene,
                      &Scene::scores),
        Field::toggle({"trails", "Trails", "Draw the path of each box center over the last 60 frames of its track"},
                      kInPlaying, scene, &Scene::trails),
        Field::number<gdouble>(
            {"opacity", "Opacity", "Opacity of the tint of masks, from 0 (invisible) to 1 (covers the video)"}, 0, 1,
            kInPlaying, scene, &Scene::opacity),
        Field::number<guint>({"thickness", "Thickness", "Thickness of contours, boxes and trails, in pixels"}, 1, 32,
                             kInPlaying, scene, &Scene::thickness),
        gstvcl::parsed_text<settings_of>(
            {"palette", "Palette",
             "Colors of tracks, as RRGGBB in hexadecimal digits separated by commas, such as e6194b,3cb44b: track 1 "
             "has the first, and tracks beyond the last begin again (not set: colors that stay apart)"},
            &Settings::palette, gstvcl::parse_palette)}});
}

}  // namespace

static void gst_vcl_overlay_class_init(GstVclOverlayClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_overlay_debug, "vcl-overlay", 0, "Draws instances");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  install_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &gstvcl::sink_template);
  gst_element_class_add_static_pad_template(element_class, &gstvcl::src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance overlay", "Visualization/Video",
      "Draws the instances that vcl-vis-segment or maskcut attached: masks in a color that stays with the track, "
      "contours, ids and scores, and the paths of the tracks. Example: ... ! vcl-vis-segment ! vcl-overlay trails=true "
      "! videoconvert ! autovideosink",
      "The gst-vcl authors");
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform_frame_ip;
  GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
  GST_BASE_TRANSFORM_CLASS(klass)->start = start;
  GST_BASE_TRANSFORM_CLASS(klass)->stop = stop;
  GST_BASE_TRANSFORM_CLASS(klass)->sink_event = sink_event;
}

static void gst_vcl_overlay_init(GstVclOverlay* self) {
  self->settings = new gstvcl::Guarded<Settings>;
  self->trails = new gstvcl::Trails;
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // late frames are drawn, not dropped
}
