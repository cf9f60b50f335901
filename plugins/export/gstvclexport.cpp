// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/gstvclexport.h"

#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <utility>

#include "plugins/attach/read_result.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/base/element_error.hpp"
#include "plugins/base/properties.hpp"
#include "plugins/export/exporter.hpp"
#include "plugins/timing/timeline.hpp"
#include "plugins/timing/wall_clock.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_export_debug);
#define GST_CAT_DEFAULT gst_vcl_export_debug

namespace {

// Used only by the streaming thread, except `dropped`.
struct State {
  std::unique_ptr<gstvcl::Exporter> exporter;  // exists from start to stop
  vcl::Size size;
  bool warned = false, warned_of_size = false;
  bool system_clock = false;
  guint64 frames = 0;
  std::atomic<std::uint64_t> dropped = 0;  // lines, since the start
};

}  // namespace

struct _GstVclExport {
  GstBaseTransform parent;
  gstvcl::Guarded<gstvcl::Destinations>* settings;
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
  const gstvcl::Destinations destinations = GST_VCL_EXPORT(base)->settings->get();
  state.dropped = 0;
  state.exporter = std::make_unique<gstvcl::Exporter>(GST_ELEMENT(base), destinations, state.dropped);
  state.system_clock = destinations.system_clock;
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
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    finish(base);
    if (const State& state = *GST_VCL_EXPORT(base)->state; state.exporter) state.exporter->linger();
  }
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

GstClockTime utc_of(GstBaseTransform* base, GstBuffer* buffer, const GstVclInstancesMeta* meta) {
  GstClockTime utc = meta ? meta->utc : gstvcl::stated_utc_of(buffer);
  if (GST_CLOCK_TIME_IS_VALID(utc) || !GST_VCL_EXPORT(base)->state->system_clock) return utc;
  return gstvcl::system_utc_of(GST_ELEMENT(base), gstvcl::running_time_of(buffer, base->segment));
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  State& state = *GST_VCL_EXPORT(base)->state;
  vcl::FrameResult result;
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  if (meta) {
    result = gstvcl::read_result(meta);
  } else {
    warn_once(base);
    result.frame = state.frames;
    result.size = state.size;
  }
  result.pts = time_in_video(buffer, base->segment);
  ++state.frames;
  state.exporter->add(result, utc_of(base, buffer, meta));
  warn_of_size(base);
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete GST_VCL_EXPORT(object)->settings;
  delete GST_VCL_EXPORT(object)->state;
  G_OBJECT_CLASS(gst_vcl_export_parent_class)->finalize(object);
}

gstvcl::Guarded<gstvcl::Destinations>& settings_of(GObject* object) {
  return *GST_VCL_EXPORT(object)->settings;
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  using gstvcl::kInReady, gstvcl::Destinations, gstvcl::FileLimits;
  constexpr auto kLimits = &Destinations::json_limits;
  const gstvcl::Property dropped{
      g_param_spec_uint64(
          "json-dropped", "Dropped lines",
          "Lines that a socket did not get since the element started, because its peer was slow or gone", 0,
          G_MAXUINT64, 0, gstvcl::kReadOnly),
      {},
      [](GObject* object, GValue* value) { g_value_set_uint64(value, GST_VCL_EXPORT(object)->state->dropped); }};
  gstvcl::install_properties(
      klass,
      {{Field::text({"json-location", "JSON lines location",
                     "Where one line of JSON per frame goes while the stream runs, with masks as COCO run "
                     "lengths: a file, a pattern such as out-%05d.jsonl with json-max-duration or "
                     "json-max-bytes, \"-\" for standard output, or a listening socket, unix:/path or "
                     "tcp://host:port (not set: none)"},
                    kInReady, &Destinations::json),
        Field::number<guint64>({"json-max-duration", "Longest JSON lines file",
                                "Time from the first frame of a file to the first of the next one, in "
                                "nanoseconds; json-location must be a pattern (0: no limit)"},
                               0, G_MAXUINT64, kInReady, kLimits, &FileLimits::duration),
        Field::number<guint64>({"json-max-bytes", "Largest JSON lines file",
                                "Size of a file, in bytes; a line that is larger has a file of its own; "
                                "json-location must be a pattern (0: no limit)"},
                               0, G_MAXUINT64, kInReady, kLimits, &FileLimits::bytes),
        Field::number<guint>(
            {"json-max-files", "Most JSON lines files",
             "Number of files to keep, with the one being written: the oldest ones of this run are deleted; needs "
             "json-max-duration or json-max-bytes (0: keep all)"},
            0, G_MAXUINT, kInReady, kLimits, &FileLimits::files),
        Field::number<guint>({"json-queue-lines", "Lines that wait for a socket",
                              "Number of lines that wait while the peer of a socket is slow or gone; then the "
                              "oldest are dropped"},
                             1, G_MAXINT, kInReady, &Destinations::json_queue_lines),
        dropped,
        Field::toggle(
            {"system-clock", "Wall-clock time of this computer",
             "Write the time of each frame as \"utc\" by the clock of this computer, where the stream states none; "
             "results of two runs then differ"},
            kInReady, &Destinations::system_clock),
        Field::text({"ytvis-location", "YouTube-VIS location",
                     "File for the YouTube-VIS results of the whole stream, written at its end (\"-\": standard "
                     "output; not set: none)"},
                    kInReady, &Destinations::ytvis),
        Field::text({"masks-location", "Masks location",
                     "Folder, or pattern such as out/%05d.png, for one index PNG per frame: 8 bits with a "
                     "palette, 0 for the background, else (track id - 1) mod 255 + 1 (not set: none)"},
                    kInReady, &Destinations::masks)}});
}

}  // namespace

static void gst_vcl_export_class_init(GstVclExportClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_export_debug, "vcl-export", 0, "Instance metadata to files and sockets");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  install_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instance metadata export", "Filter/Metadata/Video",
      "Writes the instances that vcl-vis-segment attached to the video that passes through: JSON lines as it runs, "
      "YouTube-VIS results at the end, index PNGs. The video itself is not touched. Examples: ... ! vcl-vis-segment ! "
      "vcl-export json-location=out.jsonl ! fakesink; a new file each hour, of which a day stays: vcl-export "
      "json-location=out-%05d.jsonl json-max-duration=3600000000000 json-max-files=24; to a listener: vcl-export "
      "json-location=tcp://localhost:5000",
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
  self->settings = new gstvcl::Guarded<gstvcl::Destinations>;
  self->state = new State;
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
