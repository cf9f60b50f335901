// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/gstvclexport.h"

#include <gst/video/video.h>

#include <memory>
#include <utility>

#include "plugins/attach/read_result.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/base/element_error.hpp"
#include "plugins/base/properties.hpp"
#include "plugins/export/exporter.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_export_debug);
#define GST_CAT_DEFAULT gst_vcl_export_debug

namespace {

// Used only by the streaming thread.
struct State {
  std::unique_ptr<gstvcl::Exporter> exporter;  // exists from start to stop
  vcl::Size size;
  bool warned = false, warned_of_size = false;
  guint64 frames = 0;
};

}  // namespace

struct _GstVclExport {
  GstBaseTransform parent;
  gstvcl::Guarded<gstvcl::Locations>* settings;
  State* state;
};

G_DEFINE_TYPE(GstVclExport, gst_vcl_export, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(vcl_export, "vcl-export", GST_RANK_NONE, GST_TYPE_VCL_EXPORT)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw(ANY)"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw(ANY)"));

gboolean start(GstBaseTransform* base) {
  State& state = *GST_VCL_EXPORT(base)->state;
  state.exporter = std::make_unique<gstvcl::Exporter>(GST_VCL_EXPORT(base)->settings->get());
  state.warned = state.warned_of_size = false;
  state.frames = 0;
  return TRUE;
}

void finish(GstBaseTransform* base) {
  State& state = *GST_VCL_EXPORT(base)->state;
  try {
    if (state.exporter) state.exporter->finish();
  } catch (...) {
    gstvcl::post_current_exception(GST_OBJECT(base));
  }
}

gboolean stop(GstBaseTransform* base) {
  finish(base);  // even without EOS, so that an interrupted run keeps its results
  GST_VCL_EXPORT(base)->state->exporter.reset();
  return TRUE;
}

gboolean set_caps(GstBaseTransform* base, GstCaps* caps, GstCaps*) {
  vcl::Size& size = GST_VCL_EXPORT(base)->state->size;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  return gst_structure_get_int(structure, "width", &size.width) &&
         gst_structure_get_int(structure, "height", &size.height);
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) finish(base);
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_export_parent_class)->sink_event(base, event);
}

void warn_once(GstBaseTransform* base) {
  State& state = *GST_VCL_EXPORT(base)->state;
  if (std::exchange(state.warned, true)) return;
  GST_ELEMENT_WARNING(base, STREAM, FORMAT,
                      ("Frames without instance metadata are exported as empty: put vcl-vis-segment upstream, with no "
                       "element between that crops or flips."),
                      (nullptr));
}

void warn_of_size(GstBaseTransform* base) {
  State& state = *GST_VCL_EXPORT(base)->state;
  const std::string& end = state.exporter->ytvis_end();
  if (end.empty() || std::exchange(state.warned_of_size, true)) return;
  GST_ELEMENT_WARNING(base, STREAM, FORMAT, ("%s", end.c_str()), (nullptr));
}

/// Returns the stream time of the frame, at which a player shows it. Edit lists and first timestamps above zero do not
/// shift it. -1 if it is unknown.
std::int64_t time_in_video(GstBuffer* buffer, const GstSegment& segment) {
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return -1;
  if (segment.format != GST_FORMAT_TIME) return std::int64_t(GST_BUFFER_PTS(buffer));
  guint64 time;
  const int sign = gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &time);
  return sign > 0 ? std::int64_t(time) : 0;
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  State& state = *GST_VCL_EXPORT(base)->state;
  vcl::FrameResult result;
  if (const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer)) {
    result = gstvcl::read_result(meta);
  } else {
    warn_once(base);
    result.frame = state.frames;
    result.size = state.size;
  }
  result.pts = time_in_video(buffer, base->segment);
  ++state.frames;
  state.exporter->add(result);
  warn_of_size(base);
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete GST_VCL_EXPORT(object)->settings;
  delete GST_VCL_EXPORT(object)->state;
  G_OBJECT_CLASS(gst_vcl_export_parent_class)->finalize(object);
}

gstvcl::Guarded<gstvcl::Locations>& settings_of(GObject* object) {
  return *GST_VCL_EXPORT(object)->settings;
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  using gstvcl::kInReady, gstvcl::Locations;
  gstvcl::install_properties(
      klass, {{Field::text({"json-location", "JSON lines location",
                            "File for one line of JSON per frame, with masks as COCO run lengths, written while the "
                            "stream runs (\"-\": standard output; not set: none)"},
                           kInReady, &Locations::json),
               Field::text({"ytvis-location", "YouTube-VIS location",
                            "File for the YouTube-VIS results of the whole stream, written at its end (\"-\": standard "
                            "output; not set: none)"},
                           kInReady, &Locations::ytvis),
               Field::text({"masks-location", "Masks location",
                            "Folder, or pattern such as out/%05d.png, for one index PNG per frame: 8 bits with a "
                            "palette, 0 for the background, else (track id - 1) mod 255 + 1 (not set: none)"},
                           kInReady, &Locations::masks)}});
}

}  // namespace

static void gst_vcl_export_class_init(GstVclExportClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_export_debug, "vcl-export", 0, "Instance metadata to files");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  install_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance metadata export", "Filter/Metadata/Video",
      "Writes the instances that vcl-vis-segment attached to the video that passes through: JSON lines as it runs, "
      "YouTube-VIS results at the end, index PNGs. The video itself is not touched. Example: ... ! vcl-vis-segment ! "
      "vcl-export json-location=out.jsonl ! fakesink",
      "The gst-vcl authors");
  GstBaseTransformClass* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = gstvcl::c_callback<start>;
  transform_class->stop = gstvcl::c_callback<stop>;
  transform_class->set_caps = gstvcl::c_callback<set_caps>;
  transform_class->sink_event = gstvcl::c_callback<sink_event>;
  transform_class->transform_ip = gstvcl::c_callback<transform_ip>;
  transform_class->passthrough_on_same_caps = TRUE;
}

static void gst_vcl_export_init(GstVclExport* self) {
  self->settings = new gstvcl::Guarded<gstvcl::Locations>;
  self->state = new State;
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
