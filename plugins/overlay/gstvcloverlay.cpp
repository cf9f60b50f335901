// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/gstvcloverlay.h"

#include <atomic>
#include <string>
#include <utility>

#include "plugins/base/c_callback.hpp"
#include "plugins/base/foreign_memory.hpp"
#include "plugins/base/frame_view.hpp"
#include "plugins/base/pad_templates.hpp"
#include "plugins/base/parsed_text.hpp"
#include "plugins/overlay/composition.hpp"
#include "plugins/overlay/privacy.hpp"
#include "plugins/overlay/scene.hpp"
#include "vcl/error.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_overlay_debug);
#define GST_CAT_DEFAULT gst_vcl_overlay_debug

namespace {

using gstvcl::Style;

enum class Attach { Never, Auto, Always };

struct Settings {
  Style style = Style::Paint;
  Attach attach = Attach::Never;
  gstvcl::Scene scene;
  gstvcl::ParsedText<std::vector<gstvcl::Rgb>> palette;

  gstvcl::Scene drawn() const {
    gstvcl::Scene drawn = scene;
    drawn.palette = palette.value;
    return drawn;
  }
  // Returns why these settings conflict, or an empty string if they do not.
  std::string conflict() const {
    if (style == Style::Paint || attach == Attach::Never) return "";
    return "A style that hides changes the picture itself, or another element could show what is hidden: set "
           "attach-composition=never, or style=paint.";
  }
};

// State that only the streaming thread and state changes use, unless stated otherwise.
struct State {
  gstvcl::Trails trails;
  gstvcl::Privacy privacy;
  bool downstream_blends = false;              // downstream's answer when it was last asked
  std::atomic<bool> is_downstream_new = true;  // whether downstream must be asked; events of any thread set it
  bool warned = false, warned_of_size = false;

  void forget() {
    trails.clear();
    privacy.forget();
  }
};

GType style_type() {
  static const GEnumValue values[] = {
      {gint(Style::Paint), "Paint the instances: masks, contours, boxes, labels, trails", "paint"},
      {gint(Style::Blur), "Hide the instances: a blur that shows no more than the mosaic does", "blur"},
      {gint(Style::Mosaic), "Hide the instances: six blocks along the longest side", "mosaic"},
      {gint(Style::Cutout), "Hide the instances: gray, nothing of them is left", "cutout"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclOverlayStyle", values);
  return type;
}

GType attach_type() {
  static const GEnumValue values[] = {
      {gint(Attach::Never), "Paint into the picture", "never"},
      {gint(Attach::Auto), "Attach where downstream says that it blends compositions, else paint into the picture",
       "auto"},
      {gint(Attach::Always), "Attach and leave the picture alone, whatever downstream does with it", "always"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclOverlayAttach", values);
  return type;
}

#define COMPOSITION_FEATURES \
  GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY "," GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GST_VCL_FORMATS) ";" GST_VIDEO_CAPS_MAKE_WITH_FEATURES(
                                COMPOSITION_FEATURES, GST_VCL_FORMATS)));

}  // namespace

struct _GstVclOverlay {
  GstVideoFilter parent;
  gstvcl::Guarded<Settings>* settings;
  State* state;
};

G_DEFINE_TYPE(GstVclOverlay, gst_vcl_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(vcl_overlay, "vcl-overlay", GST_RANK_NONE, GST_TYPE_VCL_OVERLAY)

namespace {

gstvcl::Guarded<Settings>& settings_of(GObject* object) {
  return *GST_VCL_OVERLAY(object)->settings;
}

State& state_of(gpointer self) {
  return *GST_VCL_OVERLAY(self)->state;
}

bool may_attach(GstBaseTransform* base) {
  return settings_of(G_OBJECT(base)).get().attach != Attach::Never;
}

GstCaps* with_features(const GstCaps* caps, const char* features) {
  GstCaps* result = gst_caps_copy(caps);
  for (guint i = 0; i < gst_caps_get_size(result); ++i)
    gst_caps_set_features(result, i, gst_caps_features_from_string(features));
  return result;
}

// Output caps are the input caps, with or without the caps feature for compositions.
GstCaps* transform_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps, GstCaps* filter) {
  GstCaps* result = with_features(caps, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
  if (direction == GST_PAD_SINK && may_attach(base))
    result = gst_caps_merge(with_features(caps, COMPOSITION_FEATURES), result);
  if (filter) gst_caps_take(&result, gst_caps_intersect_full(filter, result, GST_CAPS_INTERSECT_FIRST));
  return result;
}

// Prefers compositions if downstream accepts them, whatever the order of its caps.
GstCaps* fixate_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps, GstCaps* others) {
  if (direction == GST_PAD_SINK && may_attach(base)) {
    GstCaps* preferred = with_features(caps, COMPOSITION_FEATURES);
    gst_caps_take(&preferred, gst_caps_intersect_full(others, preferred, GST_CAPS_INTERSECT_FIRST));
    if (!gst_caps_is_empty(preferred)) gst_caps_replace(&others, preferred);
    gst_caps_unref(preferred);
  }
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_overlay_parent_class)->fixate_caps(base, direction, caps, others);
}

bool takes_compositions(const GstCaps* caps) {
  return gst_caps_features_contains(gst_caps_get_features(caps, 0),
                                    GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
}

// Caps alone prove nothing: elements that pass on unknown caps features accept them too. The base class sends no
// allocation query for elements that work in place, so this one does.
bool ask_downstream(GstBaseTransform* base) {
  GstCaps* caps = gst_pad_get_current_caps(GST_BASE_TRANSFORM_SRC_PAD(base));
  if (!caps) return false;
  GstQuery* query = gst_query_new_allocation(caps, FALSE);
  const bool blends = takes_compositions(caps) && gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(base), query) &&
                      gst_query_find_allocation_meta(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, nullptr);
  gst_query_unref(query);
  gst_caps_unref(caps);
  return blends;
}

bool is_to_attach(GstBaseTransform* base, Attach attach) {
  if (attach != Attach::Auto) return attach == Attach::Always;
  State& state = state_of(base);
  if (state.is_downstream_new.exchange(false)) state.downstream_blends = ask_downstream(base);
  return state.downstream_blends;
}

// Returns the frame's meta, or null if it has none or if its size is not the frame's.
const GstVclInstancesMeta* meta_of(GstBaseTransform* base, GstBuffer* buffer, const GstVideoInfo& info) {
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  if (!meta) return nullptr;
  if (gint(meta->width) == GST_VIDEO_INFO_WIDTH(&info) && gint(meta->height) == GST_VIDEO_INFO_HEIGHT(&info))
    return meta;
  if (!std::exchange(state_of(base).warned_of_size, true))
    GST_ELEMENT_WARNING(base, STREAM, FORMAT,
                        ("The instances are for frames of %ux%u, but these have %dx%d: they are not painted. Put "
                         "vcl-overlay before the element that changes the size.",
                         meta->width, meta->height, GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)),
                        (nullptr));
  return nullptr;
}

void hide(GstBaseTransform* base, GstBuffer* buffer, const GstVclInstancesMeta* meta, Style style) {
  State& state = state_of(base);
  if (!meta && !std::exchange(state.warned, true))
    GST_ELEMENT_WARNING(base, STREAM, FORMAT,
                        ("Frames without instance metadata hide what was hidden last, or all of the picture: put "
                         "vcl-vis-segment or maskcut upstream, with no element between that crops or flips."),
                        (nullptr));
  gstvcl::MappedFrame mapped(buffer, GST_VIDEO_FILTER(base)->in_info, GST_MAP_READWRITE);
  state.privacy.hide(mapped.frame(), meta, style);
}

void show(GstBaseTransform* base, GstBuffer* buffer, const GstVclInstancesMeta* meta, const Settings& settings) {
  State& state = state_of(base);
  const GstVideoInfo& info = GST_VIDEO_FILTER(base)->in_info;
  if (is_to_attach(base, settings.attach)) {
    const vcl::Size size{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)};
    gstvcl::CompositionPtr composition = gstvcl::compose_scene(size, meta, settings.drawn(), state.trails);
    if (composition) gstvcl::attach_composition(buffer, std::move(composition));
    return;
  }
  gstvcl::MappedFrame mapped(buffer, info, GST_MAP_READWRITE);
  gstvcl::Painter painter(mapped.frame());
  gstvcl::draw_scene(painter, meta, settings.drawn(), state.trails);
}

// Replaces the base class's transform_ip, which passes on frames that it cannot map. Frames must not pass unhidden.
GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  const GstVideoFilter* filter = GST_VIDEO_FILTER(base);
  if (!filter->negotiated) return GST_FLOW_NOT_NEGOTIATED;
  const Settings settings = settings_of(G_OBJECT(base)).get();
  if (const std::string conflict = settings.conflict(); !conflict.empty())
    throw vcl::Error(vcl::ErrorKind::Invalid, conflict);
  const GstVclInstancesMeta* meta = meta_of(base, buffer, filter->in_info);
  if (settings.style != Style::Paint) {
    hide(base, buffer, meta, settings.style);
  } else {
    state_of(base).privacy.forget();
    if (meta) show(base, buffer, meta, settings);
  }
  return GST_FLOW_OK;
}

gboolean set_info(GstVideoFilter* filter, GstCaps*, GstVideoInfo* info, GstCaps*, GstVideoInfo*) {
  const GstVideoInfo& before = filter->in_info;
  state_of(filter).is_downstream_new = true;
  if (info->width != before.width || info->height != before.height) state_of(filter).forget();
  return TRUE;
}

gboolean start(GstBaseTransform* base) {
  state_of(base).warned = state_of(base).warned_of_size = false;
  const Settings settings = settings_of(G_OBJECT(base)).get();
  const std::string conflict = settings.conflict(), refusal = conflict.empty() ? settings.palette.refusal : conflict;
  if (!refusal.empty()) GST_ELEMENT_ERROR(base, RESOURCE, SETTINGS, ("%s", refusal.c_str()), (nullptr));
  return refusal.empty();
}

gboolean stop(GstBaseTransform* base) {
  state_of(base).forget();
  return TRUE;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  const GstEventType type = GST_EVENT_TYPE(event);
  if (type == GST_EVENT_FLUSH_STOP || type == GST_EVENT_STREAM_START) state_of(base).forget();
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_overlay_parent_class)->sink_event(base, event);
}

gboolean src_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) state_of(base).is_downstream_new = true;
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_overlay_parent_class)->src_event(base, event);
}

void finalize(GObject* object) {
  delete GST_VCL_OVERLAY(object)->settings;
  delete GST_VCL_OVERLAY(object)->state;
  G_OBJECT_CLASS(gst_vcl_overlay_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  using gstvcl::kInPlaying, gstvcl::Scene;
  const auto scene = &Settings::scene;
  gstvcl::install_properties(
      klass,
      {{Field::choice({"style", "Style",
                       "What becomes of the instances: they are painted, or hidden for privacy. What is hidden cannot "
                       "be had back, and nothing else is painted then; frames without a result keep hidden what was "
                       "hidden last, with a growing margin"},
                      style_type(), kInPlaying, &Settings::style),
        Field::choice({"attach-composition", "Attach composition",
                       "Whether to leave the picture alone and attach what would be painted as "
                       "GstVideoOverlayComposition, for sinks that blend it themselves; only with style=paint"},
                      attach_type(), gstvcl::kInReady, &Settings::attach),
        Field::toggle({"masks", "Masks", "Tint the pixels of each instance with the color of its track"}, kInPlaying,
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
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance overlay", "Visualization/Video",
      "Draws the instances that vcl-vis-segment or maskcut attached: masks in a color that stays with the track, "
      "contours, boxes, ids and scores, and the paths of the tracks. Or hides the instances, for privacy. Examples: "
      "... ! vcl-vis-segment ! vcl-overlay trails=true ! videoconvert ! autovideosink, and ... ! vcl-vis-segment ! "
      "vcl-overlay style=mosaic ! videoconvert ! autovideosink",
      "The gst-vcl authors");
  GST_VIDEO_FILTER_CLASS(klass)->set_info = gstvcl::c_callback<set_info>;
  GstBaseTransformClass* base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->transform_caps = gstvcl::c_callback<transform_caps>;
  base_class->fixate_caps = gstvcl::c_callback<fixate_caps>;
  base_class->transform_ip = gstvcl::c_callback<transform_ip>;
  base_class->start = gstvcl::c_callback<start>;
  base_class->stop = gstvcl::c_callback<stop>;
  base_class->sink_event = gstvcl::c_callback<sink_event>;
  base_class->src_event = gstvcl::c_callback<src_event>;
}

static void gst_vcl_overlay_init(GstVclOverlay* self) {
  self->settings = new gstvcl::Guarded<Settings>;
  self->state = new State;
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // late frames are drawn, not dropped
  gstvcl::explain_foreign_memory(GST_BASE_TRANSFORM_SINK_PAD(GST_BASE_TRANSFORM(self)));
}
