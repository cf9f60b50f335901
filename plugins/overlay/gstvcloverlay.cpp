// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/gstvcloverlay.h"

#include "plugins/base/element_error.hpp"
#include "plugins/base/formats.hpp"
#include "plugins/overlay/scene.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_overlay_debug);
#define GST_CAT_DEFAULT gst_vcl_overlay_debug

namespace {

struct State {
  gstvcl::Style style;    // object lock
  gstvcl::Trails trails;  // streaming thread
};

enum Property { kMasks = 1, kContours, kLabels, kTrails, kOpacity, kThickness };

}  // namespace

struct _GstVclOverlay {
  GstVideoFilter parent;
  State* state;
};

G_DEFINE_TYPE(GstVclOverlay, gst_vcl_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(vcl_overlay, "vcl-overlay", GST_RANK_NONE, GST_TYPE_VCL_OVERLAY)

namespace {

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                                                             GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GST_VCL_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GST_VCL_FORMATS)));

GstFlowReturn transform_frame_ip(GstVideoFilter* filter, GstVideoFrame* frame) {
  State& state = *GST_VCL_OVERLAY(filter)->state;
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(frame->buffer);
  if (!meta) return GST_FLOW_OK;
  if (gint(meta->width) != GST_VIDEO_FRAME_WIDTH(frame) || gint(meta->height) != GST_VIDEO_FRAME_HEIGHT(frame)) {
    GST_WARNING_OBJECT(filter, "the instances are for frames of %ux%u: not drawn", meta->width, meta->height);
    return GST_FLOW_OK;
  }
  try {
    GST_OBJECT_LOCK(filter);
    const gstvcl::Style style = state.style;
    GST_OBJECT_UNLOCK(filter);
    gstvcl::Painter painter(frame);
    gstvcl::draw_scene(painter, meta, style, state.trails);
    return GST_FLOW_OK;
  } catch (...) {
    gstvcl::post_current_exception(GST_ELEMENT(filter));
    return GST_FLOW_ERROR;
  }
}

gboolean set_info(GstVideoFilter* filter, GstCaps*, GstVideoInfo*, GstCaps*, GstVideoInfo*) {
  GST_VCL_OVERLAY(filter)->state->trails.clear();
  return TRUE;
}

gboolean stop(GstBaseTransform* base) {
  GST_VCL_OVERLAY(base)->state->trails.clear();
  return TRUE;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_VCL_OVERLAY(base)->state->trails.clear();
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_overlay_parent_class)->sink_event(base, event);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  gstvcl::Style& style = GST_VCL_OVERLAY(object)->state->style;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case kMasks:
      style.masks = g_value_get_boolean(value);
      break;
    case kContours:
      style.contours = g_value_get_boolean(value);
      break;
    case kLabels:
      style.labels = g_value_get_boolean(value);
      break;
    case kTrails:
      style.trails = g_value_get_boolean(value);
      break;
    case kOpacity:
      style.opacity = g_value_get_double(value);
      break;
    case kThickness:
      style.thickness = int(g_value_get_uint(value));
      break;
    default:
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  const gstvcl::Style& style = GST_VCL_OVERLAY(object)->state->style;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case kMasks:
      g_value_set_boolean(value, style.masks);
      break;
    case kContours:
      g_value_set_boolean(value, style.contours);
      break;
    case kLabels:
      g_value_set_boolean(value, style.labels);
      break;
    case kTrails:
      g_value_set_boolean(value, style.trails);
      break;
    case kOpacity:
      g_value_set_double(value, style.opacity);
      break;
    case kThickness:
      g_value_set_uint(value, guint(style.thickness));
      break;
    default:
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

void finalize(GObject* object) {
  delete GST_VCL_OVERLAY(object)->state;
  G_OBJECT_CLASS(gst_vcl_overlay_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  const gstvcl::Style style;
  const auto flags = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  const auto install = [klass](guint id, GParamSpec* spec) { g_object_class_install_property(klass, id, spec); };
  install(kMasks,
          g_param_spec_boolean("masks", "Masks", "Tint the pixels of each instance with the colour of its track",
                               style.masks, flags));
  install(kContours,
          g_param_spec_boolean("contours", "Contours", "Draw the inner edge of each mask", style.contours, flags));
  install(kLabels,
          g_param_spec_boolean("labels", "Labels", "Write track id and score at each instance", style.labels, flags));
  install(kTrails, g_param_spec_boolean("trails", "Trails",
                                        "Draw the path of each box centre over the last 60 frames of its track",
                                        style.trails, flags));
  install(kOpacity, g_param_spec_double("opacity", "Opacity", "Opacity of masks: 0 invisible, 1 covers the video", 0, 1,
                                        style.opacity, flags));
  install(kThickness, g_param_spec_uint("thickness", "Thickness", "Thickness of contours and trails in pixels", 1, 32,
                                        guint(style.thickness), flags));
}

}  // namespace

static void gst_vcl_overlay_class_init(GstVclOverlayClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_overlay_debug, "vcl-overlay", 0, "Draws instances");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance overlay", "Visualization/Video",
      "Draws the instances that vcl-vis-segment or maskcut attached: masks in a colour that stays with the track, "
      "contours, ids "
      "and "
      "scores, and the paths of the tracks. Example: ... ! vcl-vis-segment ! vcl-overlay trails=true ! videoconvert ! "
      "autovideosink",
      "The gst-vcl authors");
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform_frame_ip;
  GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
  GST_BASE_TRANSFORM_CLASS(klass)->stop = stop;
  GST_BASE_TRANSFORM_CLASS(klass)->sink_event = sink_event;
}

static void gst_vcl_overlay_init(GstVclOverlay* self) {
  self->state = new State;
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // late frames are drawn, not dropped
}
