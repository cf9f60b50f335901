// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/idmap/gstvclidmap.h"

#include <string>
#include <utility>

#include "plugins/base/c_callback.hpp"
#include "plugins/base/foreign_memory.hpp"
#include "plugins/base/metas_kept.hpp"
#include "plugins/base/pad_templates.hpp"
#include "plugins/base/parsed_text.hpp"
#include "plugins/idmap/paint_ids.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_idmap_debug);
#define GST_CAT_DEFAULT gst_vcl_idmap_debug

namespace {

enum class Output { Ids, Matte, Cutout };

struct Settings {
  Output output = Output::Ids;
  gstvcl::ParsedText<gstvcl::TrackList> tracks;
};

// Used only by the streaming thread.
struct State {
  bool warned = false;
};

GType output_type() {
  static const GEnumValue values[] = {
      {gint(Output::Ids),
       "Each pixel says whose it is: 0 background, else (track id - 1) mod 255 + 1 (GRAY8) or mod 65535 "
       "(GRAY16_LE), as downstream wants",
       "ids"},
      {gint(Output::Matte), "GRAY8: 255 inside of the tracks, 0 outside", "matte"},
      {gint(Output::Cutout), "RGBA: the video inside of the tracks, transparent outside", "cutout"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclIdmapOutput", values);
  return type;
}

}  // namespace

struct _GstVclIdmap {
  GstVideoFilter parent;
  gstvcl::Guarded<Settings>* settings;
  State* state;
};

G_DEFINE_TYPE(GstVclIdmap, gst_vcl_idmap, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(vcl_idmap, "vcl-idmap", GST_RANK_NONE, GST_TYPE_VCL_IDMAP)

namespace {

#define IDS_CAPS GST_VIDEO_CAPS_MAKE("{ GRAY8, GRAY16_LE }")
#define MATTE_CAPS GST_VIDEO_CAPS_MAKE("GRAY8")
#define CUTOUT_CAPS GST_VIDEO_CAPS_MAKE("RGBA")

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(IDS_CAPS ";" CUTOUT_CAPS));

gstvcl::Guarded<Settings>& settings_of(GObject* object) {
  return *GST_VCL_IDMAP(object)->settings;
}

Output output_of(GstBaseTransform* base) {
  return settings_of(G_OBJECT(base)).get().output;
}

GstCaps* output_caps(Output output) {
  static GstStaticCaps ids = GST_STATIC_CAPS(IDS_CAPS), matte = GST_STATIC_CAPS(MATTE_CAPS),
                       cutout = GST_STATIC_CAPS(CUTOUT_CAPS);
  return gst_static_caps_get(output == Output::Ids ? &ids : output == Output::Matte ? &matte : &cutout);
}

// Returns the possible caps of the other pad. Size, frame rate and other fields stay; format, colorimetry and chroma
// site are replaced by those of the other pad.
GstCaps* transform_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps, GstCaps* filter) {
  GstCaps* here = gst_static_pad_template_get_caps(&gstvcl::sink_template);
  GstCaps* there = output_caps(output_of(base));
  if (direction == GST_PAD_SRC) std::swap(here, there);
  GstCaps* any_format = gst_caps_make_writable(gst_caps_intersect_full(caps, here, GST_CAPS_INTERSECT_FIRST));
  for (guint i = 0; i < gst_caps_get_size(any_format); ++i)
    gst_structure_remove_fields(gst_caps_get_structure(any_format, i), "format", "colorimetry", "chroma-site", nullptr);
  GstCaps* result = gst_caps_intersect_full(any_format, there, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref(any_format);
  gst_caps_unref(here);
  gst_caps_unref(there);
  if (filter) gst_caps_take(&result, gst_caps_intersect_full(filter, result, GST_CAPS_INTERSECT_FIRST));
  return result;
}

// Prefers GRAY8 if downstream accepts it. alphacombine requires that a matte has the color range of its video, which
// GRAY8 caps state only if the colorimetry is set.
GstCaps* fixate_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps, GstCaps* others) {
  const auto parent_fixate = GST_BASE_TRANSFORM_CLASS(gst_vcl_idmap_parent_class)->fixate_caps;
  if (direction != GST_PAD_SINK) return parent_fixate(base, direction, caps, others);
  GstCaps* narrow = output_caps(Output::Matte);
  gst_caps_take(&narrow, gst_caps_intersect_full(others, narrow, GST_CAPS_INTERSECT_FIRST));
  if (!gst_caps_is_empty(narrow)) gst_caps_replace(&others, narrow);
  gst_caps_unref(narrow);
  GstCaps* fixed = gst_caps_make_writable(parent_fixate(base, direction, caps, others));
  GstVideoInfo info;
  const bool is_matte_of_yuv =
      output_of(base) == Output::Matte && gst_video_info_from_caps(&info, caps) && GST_VIDEO_INFO_IS_YUV(&info);
  if (is_matte_of_yuv && !gst_structure_has_field(gst_caps_get_structure(fixed, 0), "colorimetry")) {
    gchar* colorimetry = gst_video_colorimetry_to_string(&info.colorimetry);
    gst_caps_set_simple(fixed, "colorimetry", G_TYPE_STRING, colorimetry, nullptr);
    g_free(colorimetry);
  }
  return fixed;
}

gboolean start(GstBaseTransform* base) {
  GST_VCL_IDMAP(base)->state->warned = false;
  const std::string refusal = settings_of(G_OBJECT(base)).get().tracks.refusal;
  if (!refusal.empty()) GST_ELEMENT_ERROR(base, RESOURCE, SETTINGS, ("%s", refusal.c_str()), (nullptr));
  return refusal.empty();
}

void warn_once(GstBaseTransform* base, const std::string& text) {
  if (std::exchange(GST_VCL_IDMAP(base)->state->warned, true)) return;
  GST_ELEMENT_WARNING(base, STREAM, FORMAT, ("%s", text.c_str()), (nullptr));
}

// Returns nothing and warns if the frame has no metadata or its geometry differs from the frame.
gstvcl::Layers layers_of(GstBaseTransform* base, GstBuffer* buffer, const GstVideoInfo& info,
                         const gstvcl::TrackList& chosen) {
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  if (!meta) {
    warn_once(base,
              "Frames without instance metadata give empty output: put vcl-vis-segment or maskcut upstream, with "
              "no element between that crops or flips.");
    return {};
  }
  if (meta->width != guint(GST_VIDEO_INFO_WIDTH(&info)) || meta->height != guint(GST_VIDEO_INFO_HEIGHT(&info))) {
    warn_once(base, "Instances of frames of " + std::to_string(meta->width) + "x" + std::to_string(meta->height) +
                        " are left out of frames of " + std::to_string(GST_VIDEO_INFO_WIDTH(&info)) + "x" +
                        std::to_string(GST_VIDEO_INFO_HEIGHT(&info)) +
                        ": the element that changed the size must change the metadata too.");
    return {};
  }
  return gstvcl::layers_of(meta, chosen);
}

// The base class assumes that an element without transform_frame works in place.
gboolean set_caps(GstBaseTransform* base, GstCaps* in, GstCaps* out) {
  const gboolean accepted = GST_BASE_TRANSFORM_CLASS(gst_vcl_idmap_parent_class)->set_caps(base, in, out);
  gst_base_transform_set_in_place(base, FALSE);
  return accepted;
}

// Replaces the base class's transform, which calls transform_frame: it always maps the input, and passes on input that
// it cannot map.
GstFlowReturn transform(GstBaseTransform* base, GstBuffer* in, GstBuffer* out) {
  const GstVideoFilter* filter = GST_VIDEO_FILTER(base);
  if (!filter->negotiated) return GST_FLOW_NOT_NEGOTIATED;
  const Settings now = settings_of(G_OBJECT(base)).get();
  const gstvcl::Layers layers = layers_of(base, in, filter->in_info, now.tracks.value);
  gstvcl::MappedFrame target(out, filter->out_info, GST_MAP_WRITE);
  // The buffer has the negotiated format, even if the property has changed since.
  if (GST_VIDEO_INFO_FORMAT(&filter->out_info) == GST_VIDEO_FORMAT_RGBA) {
    gstvcl::MappedFrame source(in, filter->in_info);
    gstvcl::paint_cutout(layers, source, target.frame());
  } else if (now.output == Output::Matte) {
    gstvcl::paint_matte(layers, target.frame());
  } else {
    gstvcl::paint_ids(layers, target.frame());
  }
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete GST_VCL_IDMAP(object)->settings;
  delete GST_VCL_IDMAP(object)->state;
  G_OBJECT_CLASS(gst_vcl_idmap_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  gstvcl::install_properties(
      klass,
      {{Field::choice(
            {"output", "Output", "What each frame is turned into: a map of ids, a matte or the objects cut out"},
            output_type(), gstvcl::kInReady, &Settings::output),
        gstvcl::parsed_text<settings_of>(
            {"tracks", "Tracks", "Ids of the tracks to show, separated by commas, such as 1,4,7 (not set: all tracks)"},
            &Settings::tracks, gstvcl::parse_tracks)}});
}

}  // namespace

static void gst_vcl_idmap_class_init(GstVclIdmapClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_idmap_debug, "vcl-idmap", 0, "Instances as maps of ids and mattes");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  install_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &gstvcl::sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance id map", "Filter/Converter/Video",
      "Turns the instances that vcl-vis-segment or maskcut attached into video: a map of track ids, a matte of chosen "
      "tracks, or the tracks cut out of the video. Where instances overlap, the better score is on top. Metadata and "
      "times stay. Example: ... ! vcl-vis-segment ! vcl-idmap output=cutout tracks=1,4 ! pngenc ! multifilesink "
      "location=%05d.png",
      "The gst-vcl authors");
  GstBaseTransformClass* base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->transform_caps = gstvcl::c_callback<transform_caps>;
  base_class->fixate_caps = gstvcl::c_callback<fixate_caps>;
  base_class->transform_meta = gstvcl::keep_all_but_colors;
  base_class->set_caps = gstvcl::c_callback<set_caps>;
  base_class->start = gstvcl::c_callback<start>;
  base_class->transform = gstvcl::c_callback<transform>;
}

static void gst_vcl_idmap_init(GstVclIdmap* self) {
  self->settings = new gstvcl::Guarded<Settings>;
  self->state = new State;
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // a matte must not miss frames of its video
  gst_base_transform_set_gap_aware(GST_BASE_TRANSFORM(self), TRUE);
  gstvcl::explain_foreign_memory(GST_BASE_TRANSFORM_SINK_PAD(GST_BASE_TRANSFORM(self)));
}
