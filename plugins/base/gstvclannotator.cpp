// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/gstvclannotator.hpp"

#include <chrono>
#include <optional>

#include "plugins/base/c_callback.hpp"
#include "plugins/base/foreign_memory.hpp"
#include "plugins/base/model_states.hpp"
#include "plugins/base/pad_templates.hpp"
#include "plugins/timing/timeline.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_annotator_debug);
#define GST_CAT_DEFAULT gst_vcl_annotator_debug

namespace {

// State that any thread may use.
struct Shared {
  gstvcl::FrameTimes times;
  gstvcl::Lateness lateness{times};
};

// State that only the streaming thread and state changes use.
struct State {
  State(GstElement* element, Shared& shared) : shared(shared), timeline(element, shared.times, shared.lateness) {}

  Shared& shared;
  gstvcl::Timeline timeline;
  std::unique_ptr<gstvcl::Annotator> annotator;
  std::optional<GstVideoInfo> info;
  guint64 frames = 0;
};

struct GstVclAnnotatorPrivate {
  Shared* shared;
  State* state;
};

}  // namespace

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(GstVclAnnotator, gst_vcl_annotator, GST_TYPE_VIDEO_FILTER)

namespace {

GstVclAnnotatorPrivate& parts_of(gpointer self) {
  return *static_cast<GstVclAnnotatorPrivate*>(gst_vcl_annotator_get_instance_private(GST_VCL_ANNOTATOR(self)));
}

Shared& shared_of(gpointer self) {
  return *parts_of(self).shared;
}

State& state_of(gpointer self) {
  return *parts_of(self).state;
}

void restart(State& state) {
  state.timeline.restart();
  state.annotator->restart();
}

void forget_times(Shared& shared) {
  shared.times.reset();
  shared.lateness.reset();
}

void end_run(State& state) {
  restart(state);
  state.timeline.forget();
  state.frames = 0;
}

// Replaces the base class's transform_ip, which would map the frame for writing and so copy the pixels of shared
// buffers.
GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  State& state = state_of(base);
  if (!state.info) return GST_FLOW_NOT_NEGOTIATED;
  if (state.timeline.starts_anew(buffer, base->segment)) restart(state);
  state.timeline.frame_arrived(buffer, base->segment);
  const guint interval = state.annotator->take_settings().interval;
  const bool infer = state.timeline.wants_inference(buffer, base->segment, interval);
  const auto start = std::chrono::steady_clock::now();
  state.annotator->annotate(
      {buffer, *state.info, gstvcl::running_time_of(buffer, base->segment), state.frames++, infer});
  const auto took = GstClockTime(std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
  if (infer) state.shared.times.inference_took(took);
  GST_LOG_OBJECT(base, "%s in %" GST_TIME_FORMAT, infer ? "inferred" : "repeated", GST_TIME_ARGS(took));
  return GST_FLOW_OK;
}

gboolean set_info(GstVideoFilter* filter, GstCaps*, GstVideoInfo* info, GstCaps*, GstVideoInfo*) {
  State& state = state_of(filter);
  if (state.info && gst_video_info_is_equal(info, &*state.info)) return TRUE;
  const bool same_size = state.info && info->width == state.info->width && info->height == state.info->height;
  if (!same_size) restart(state);
  state.info = *info;
  state.shared.times.set_caps(*info);
  return TRUE;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  State& state = state_of(base);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_STOP:
      end_run(state);
      state.shared.times.flush();
      state.shared.lateness.flush();
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_EOS:
      end_run(state);
      break;
    case GST_EVENT_SEGMENT:
      state.timeline.segment_began();
      break;
    case GST_EVENT_SEGMENT_DONE:
      restart(state);
      break;
    case GST_EVENT_GAP:
      if (state.timeline.is_hole(event)) restart(state);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_annotator_parent_class)->sink_event(base, event);
}

// Uses QoS events to skip the inference of late frames. They do not go upstream, because decoders would drop video.
gboolean src_event(GstBaseTransform* base, GstEvent* event) {
  State& state = state_of(base);
  if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) {
    state.shared.lateness.qos(event);
    if (!state.annotator->passes_qos()) {
      gst_event_unref(event);
      return TRUE;
    }
  }
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_annotator_parent_class)->src_event(base, event);
}

constexpr const char* kFeaturesQuery = "vcl-features";

bool is_features_query(GstQuery* query) {
  return GST_QUERY_TYPE(query) == GST_QUERY_CUSTOM &&
         gst_structure_has_name(gst_query_get_structure(query), kFeaturesQuery);
}

// Asks upstream elements for the features that they attach. If they do, this element needs no model for them.
std::string upstream_features(GstBaseTransform* base) {
  GstQuery* query = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty(kFeaturesQuery));
  std::string model;
  if (gst_pad_peer_query(GST_BASE_TRANSFORM_SINK_PAD(base), query)) {
    const gchar* name = gst_structure_get_string(gst_query_get_structure(query), "model");
    model = name ? name : "";
  }
  gst_query_unref(query);
  return model;
}

gboolean query(GstBaseTransform* base, GstPadDirection direction, GstQuery* query) {
  if (direction == GST_PAD_SRC && is_features_query(query)) {
    State& state = state_of(base);
    const std::string model = state.annotator->offered_features();
    if (!model.empty()) {
      gst_structure_set(gst_query_writable_structure(query), "model", G_TYPE_STRING, model.c_str(), nullptr);
      return TRUE;
    }
  }
  const gboolean answered = GST_BASE_TRANSFORM_CLASS(gst_vcl_annotator_parent_class)->query(base, direction, query);
  if (answered && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
    gboolean live;
    gst_query_parse_latency(query, &live, nullptr, nullptr);
    shared_of(base).lateness.set_live(live);
  }
  return answered;
}

void open(GstElement* element) {
  State& state = state_of(element);
  state.annotator->take_settings();
  state.annotator->open(upstream_features(GST_BASE_TRANSFORM(element)));
  forget_times(state.shared);
}

void forget_stream(State& state) {
  end_run(state);
  forget_times(state.shared);
  state.info.reset();
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  State& state = state_of(element);
  return gstvcl::change_state(
      element, transition, gst_vcl_annotator_parent_class, [element] { open(element); },
      [&state] { forget_stream(state); }, [&state] { state.annotator->close(); });
}

void finalize(GObject* object) {
  delete parts_of(object).state;
  delete parts_of(object).shared;
  G_OBJECT_CLASS(gst_vcl_annotator_parent_class)->finalize(object);
}

}  // namespace

static void gst_vcl_annotator_class_init(GstVclAnnotatorClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_annotator_debug, "vcl-annotator", 0, "Elements that annotate frames");
  gst_type_mark_as_plugin_api(GST_TYPE_VCL_ANNOTATOR, GstPluginAPIFlags(0));
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = gstvcl::c_callback<change_state>;
  gst_element_class_add_static_pad_template(element_class, &gstvcl::sink_template);
  gst_element_class_add_static_pad_template(element_class, &gstvcl::src_template);
  GST_VIDEO_FILTER_CLASS(klass)->set_info = gstvcl::c_callback<set_info>;
  GstBaseTransformClass* base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->transform_ip = gstvcl::c_callback<transform_ip>;
  base_class->sink_event = gstvcl::c_callback<sink_event>;
  base_class->src_event = gstvcl::c_callback<src_event>;
  base_class->query = gstvcl::c_callback<query>;
}

static void gst_vcl_annotator_init(GstVclAnnotator* self) {
  GstVclAnnotatorPrivate& parts = parts_of(self);
  parts.shared = new Shared;
  parts.state = new State(GST_ELEMENT(self), *parts.shared);
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // late frames are passed on, not dropped
  gst_base_transform_set_gap_aware(GST_BASE_TRANSFORM(self), TRUE);
  gstvcl::explain_foreign_memory(GST_BASE_TRANSFORM_SINK_PAD(GST_BASE_TRANSFORM(self)));
}

namespace gstvcl {

void set_annotator(GstVclAnnotator* self, std::unique_ptr<Annotator> annotator) {
  state_of(self).annotator = std::move(annotator);
}

}  // namespace gstvcl
