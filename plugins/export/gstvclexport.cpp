// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/gstvclexport.h"

#include <gst/video/video.h>

#include <memory>
#include <utility>

#include "plugins/attach/read_result.hpp"
#include "plugins/base/element_error.hpp"
#include "plugins/export/exporter.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_export_debug);
#define GST_CAT_DEFAULT gst_vcl_export_debug

namespace {

struct State {
  gstvcl::Locations locations;                 // object lock
  std::unique_ptr<gstvcl::Exporter> exporter;  // streaming thread; there from start to stop
  vcl::Size size;
  bool warned = false, warned_of_size = false;
  guint64 frames = 0;
};

enum Property { kJsonLocation = 1, kYtvisLocation, kMasksLocation };

}  // namespace

struct _GstVclExport {
  GstBaseTransform parent;
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
  try {
    gstvcl::Locations locations;
    GST_OBJECT_LOCK(base);
    locations = state.locations;
    GST_OBJECT_UNLOCK(base);
    state.exporter = std::make_unique<gstvcl::Exporter>(locations);
    state.warned = state.warned_of_size = false;
    state.frames = 0;
    return TRUE;
  } catch (...) {
    gstvcl::post_current_exception(GST_ELEMENT(base));
    return FALSE;
  }
}

void finish(GstBaseTransform* base) {
  State& state = *GST_VCL_EXPORT(base)->state;
  try {
    if (state.exporter) state.exporter->finish();
  } catch (...) {
    gstvcl::post_current_exception(GST_ELEMENT(base));
  }
}

gboolean stop(GstBaseTransform* base) {
  finish(base);  // also without EOS: an interrupted run keeps its results
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

/// When a player shows the frame: its stream time, which edit lists and first time stamps above zero do not shift; -1
/// where it is unknown.
std::int64_t time_in_video(GstBuffer* buffer, const GstSegment& segment) {
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return -1;
  if (segment.format != GST_FORMAT_TIME) return std::int64_t(GST_BUFFER_PTS(buffer));
  guint64 time;
  const int sign = gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &time);
  return sign > 0 ? std::int64_t(time) : 0;
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  State& state = *GST_VCL_EXPORT(base)->state;
  try {
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
  } catch (...) {
    gstvcl::post_current_exception(GST_ELEMENT(base));
    return GST_FLOW_ERROR;
  }
}

std::string* location(State& state, guint id) {
  switch (id) {
    case kJsonLocation:
      return &state.locations.json;
    case kYtvisLocation:
      return &state.locations.ytvis;
    case kMasksLocation:
      return &state.locations.masks;
    default:
      return nullptr;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (GST_STATE(object) > GST_STATE_READY) {
    GST_WARNING_OBJECT(object, "property %s can only change in the states NULL and READY: ignored", spec->name);
    return;
  }
  const gchar* text = g_value_get_string(value);
  GST_OBJECT_LOCK(object);
  if (std::string* target = location(*GST_VCL_EXPORT(object)->state, id)) *target = text ? text : "";
  GST_OBJECT_UNLOCK(object);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  GST_OBJECT_LOCK(object);
  const std::string* source = location(*GST_VCL_EXPORT(object)->state, id);
  g_value_set_string(value, source && !source->empty() ? source->c_str() : nullptr);
  GST_OBJECT_UNLOCK(object);
}

void finalize(GObject* object) {
  delete GST_VCL_EXPORT(object)->state;
  G_OBJECT_CLASS(gst_vcl_export_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  const auto flags = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const auto install = [&](guint id, const char* name, const char* nick, const char* blurb) {
    g_object_class_install_property(klass, id, g_param_spec_string(name, nick, blurb, nullptr, flags));
  };
  install(kJsonLocation, "json-location", "JSON lines location",
          "File for one line of JSON a frame, with masks as COCO RLE, written as it runs (\"-\": standard output; not "
          "set: none)");
  install(kYtvisLocation, "ytvis-location", "YouTube-VIS location",
          "File for the YouTube-VIS results of the whole stream, written at its end (\"-\": standard output; not set: "
          "none)");
  install(
      kMasksLocation, "masks-location", "Masks location",
      "Folder, or pattern such as out/%05d.png, for one index PNG a frame: 8 bits with a palette, 0 background, else "
      "(track id - 1) mod 255 + 1 (not set: none)");
}

}  // namespace

static void gst_vcl_export_class_init(GstVclExportClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_export_debug, "vcl-export", 0, "Instance metadata to files");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
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
  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->set_caps = set_caps;
  transform_class->sink_event = sink_event;
  transform_class->transform_ip = transform_ip;
  transform_class->passthrough_on_same_caps = TRUE;
}

static void gst_vcl_export_init(GstVclExport* self) {
  self->state = new State;
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
