// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/gstvclvissegment.h"

#include <gst/video/video.h>

#include <algorithm>

#include "plugins/base/c_callback.hpp"
#include "plugins/base/foreign_memory.hpp"
#include "plugins/base/model_states.hpp"
#include "plugins/base/pad_templates.hpp"
#include "plugins/vis-segment/properties.hpp"
#include "plugins/vis-segment/session.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_vis_segment_debug);
#define GST_CAT_DEFAULT gst_vcl_vis_segment_debug

struct _GstVclVisSegment {
  GstElement parent;
  GstPad *sinkpad, *srcpad;
  gstvcl::Shared* shared;
  gstvcl::Session* session;
};

G_DEFINE_TYPE(GstVclVisSegment, gst_vcl_vis_segment, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(vcl_vis_segment, "vcl-vis-segment", GST_RANK_NONE, GST_TYPE_VCL_VIS_SEGMENT)

namespace {

constexpr guint64 kMostBuffers = 1024;  // maximum number requested of a pool, which allocates all of them at once

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return GST_VCL_VIS_SEGMENT(parent)->session->push(buffer);
}

// Takes ownership of the event. Forwards it at once, or after the frames that are held back.
gboolean forward_in_order(GstVclVisSegment* self, GstEvent* event) {
  if (!self->session->holds_frames()) return gst_pad_event_default(self->sinkpad, GST_OBJECT(self), event);
  self->session->queue_event(event);
  return TRUE;
}

gboolean take_caps(GstVclVisSegment* self, GstEvent* event) {
  GstCaps* caps;
  gst_event_parse_caps(event, &caps);
  if (!self->session->set_caps(caps)) {
    GST_WARNING_OBJECT(self, "cannot use caps %" GST_PTR_FORMAT, static_cast<void*>(caps));
    gst_event_unref(event);
    return FALSE;
  }
  return forward_in_order(self, event);
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstVclVisSegment* self = GST_VCL_VIS_SEGMENT(parent);
  gstvcl::Session& session = *self->session;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
      return take_caps(self, event);
    case GST_EVENT_SEGMENT: {
      GstSegment segment;
      gst_event_copy_segment(event, &segment);
      session.set_segment(segment);
      return forward_in_order(self, event);
    }
    case GST_EVENT_STREAM_START:
      session.end_run();
      break;
    case GST_EVENT_SEGMENT_DONE:
      session.drain();
      break;
    case GST_EVENT_EOS:
      session.end_run();
      session.post_stats();
      break;
    case GST_EVENT_GAP:
      if (!session.is_hole(event)) return forward_in_order(self, event);
      session.drain();
      break;
    case GST_EVENT_FLUSH_STOP: {
      session.flush();
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_UNDEFINED);
      session.set_segment(segment);
      break;
    }
    default:
      if (gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED)
        return forward_in_order(self, event);
      break;
  }
  return gst_pad_event_default(pad, parent, event);
}

// Requests more buffers from the pools that downstream proposes, because held frames keep their buffers.
void ask_for_more_buffers(GstQuery* query, guint64 frames) {
  const guint held = guint(std::min<guint64>(frames, kMostBuffers));
  for (guint i = 0; i < gst_query_get_n_allocation_pools(query); ++i) {
    GstBufferPool* pool;
    guint size, minimum, maximum;
    gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &minimum, &maximum);
    gst_query_set_nth_allocation_pool(query, i, pool, size, minimum + held, maximum ? maximum + held : 0);
    if (pool) gst_object_unref(pool);
  }
}

gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  GstVclVisSegment* self = GST_VCL_VIS_SEGMENT(parent);
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_DRAIN:
      self->session->drain();
      return gst_pad_query_default(pad, parent, query);
    case GST_QUERY_ALLOCATION:
      if (!gst_pad_peer_query(self->srcpad, query)) return FALSE;
      ask_for_more_buffers(query, self->session->held_frames());
      return TRUE;
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

// In mode whole, the frames of a live stream come out only at its end, if there is one. This is never intended.
void warn_of_whole(GstVclVisSegment* self) {
  if (self->shared->settings.get().engine.mode != vcl::DecodeMode::Whole) return;
  if (self->shared->warned_of_whole.exchange(true)) return;
  GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                      ("mode=whole holds all frames of a live stream back until it ends: use mode=window."), (nullptr));
}

gboolean answer_latency(GstVclVisSegment* self, GstQuery* query) {
  if (!gst_pad_peer_query(self->sinkpad, query)) return FALSE;
  gboolean live;
  GstClockTime minimum, maximum;
  gst_query_parse_latency(query, &live, &minimum, &maximum);
  self->shared->lateness.set_live(live);
  const GstClockTime ours = self->shared->latency.answer(live);
  if (live) warn_of_whole(self);
  GST_DEBUG_OBJECT(self, "adding %" GST_TIME_FORMAT " to the latency", GST_TIME_ARGS(ours));
  if (GST_CLOCK_TIME_IS_VALID(maximum)) maximum += ours;
  gst_query_set_latency(query, live, minimum + ours, maximum);
  return TRUE;
}

gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return answer_latency(GST_VCL_VIS_SEGMENT(parent), query);
  return gst_pad_query_default(pad, parent, query);
}

// Late frames skip inference here. The event is not forwarded, because decoders would drop video.
gboolean src_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_QOS) return gst_pad_event_default(pad, parent, event);
  GST_VCL_VIS_SEGMENT(parent)->shared->lateness.qos(event);
  gst_event_unref(event);
  return TRUE;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  gstvcl::Session& session = *GST_VCL_VIS_SEGMENT(element)->session;
  return gstvcl::change_state(
      element, transition, gst_vcl_vis_segment_parent_class, [&session] { session.open(); },
      [&session] { session.forget(); }, [&session] { session.close(); });
}

void finalize(GObject* object) {
  GstVclVisSegment* self = GST_VCL_VIS_SEGMENT(object);
  delete self->session;
  delete self->shared;
  G_OBJECT_CLASS(gst_vcl_vis_segment_parent_class)->finalize(object);
}

}  // namespace

static void gst_vcl_vis_segment_class_init(GstVclVisSegmentClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_vis_segment_debug, "vcl-vis-segment", 0, "Video instance segmentation");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  gstvcl::install_vis_segment_properties(object_class);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = gstvcl::c_callback<change_state>;
  gst_element_class_add_static_pad_template(element_class, &gstvcl::sink_template);
  gst_element_class_add_static_pad_template(element_class, &gstvcl::src_template);
  gst_element_class_set_static_metadata(
      element_class, "Unsupervised video instance segmentation", "Filter/Analyzer/Video",
      "Finds objects of any kind in video, without labels, and attaches to every frame their masks, boxes, scores and "
      "track ids that last from frame to frame (GstVclInstancesMeta, its GstCustomMeta twin VclInstancesMeta, and "
      "region of interest metas). Never drops video: when it is late, it skips inference and marks the repeated masks "
      "stale. Example: ... ! videoconvert ! vcl-vis-segment ! vcl-overlay ! videoconvert ! autovideosink",
      "The gst-vcl authors");
}

static void gst_vcl_vis_segment_init(GstVclVisSegment* self) {
  self->sinkpad = gst_pad_new_from_static_template(&gstvcl::sink_template, "sink");
  gst_pad_set_chain_function(self->sinkpad, gstvcl::c_callback<chain>);
  gst_pad_set_event_function(self->sinkpad, gstvcl::c_callback<sink_event>);
  gst_pad_set_query_function(self->sinkpad, gstvcl::c_callback<sink_query>);
  GST_PAD_SET_PROXY_CAPS(self->sinkpad);
  gstvcl::explain_foreign_memory(self->sinkpad);
  gst_element_add_pad(GST_ELEMENT(self), self->sinkpad);
  self->srcpad = gst_pad_new_from_static_template(&gstvcl::src_template, "src");
  gst_pad_set_event_function(self->srcpad, gstvcl::c_callback<src_event>);
  gst_pad_set_query_function(self->srcpad, gstvcl::c_callback<src_query>);
  GST_PAD_SET_PROXY_CAPS(self->srcpad);
  gst_element_add_pad(GST_ELEMENT(self), self->srcpad);
  self->shared = new gstvcl::Shared;
  self->session = new gstvcl::Session(GST_ELEMENT(self), self->srcpad, *self->shared);
}

gstvcl::Shared& gstvcl::shared_of(GObject* element) {
  return *GST_VCL_VIS_SEGMENT(element)->shared;
}
