// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/sei/gstvclseiread.h"

#include <gst/video/video.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "plugins/attach/attach_properties.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/meta/mapped_buffer.hpp"
#include "plugins/sei/coded_video.hpp"
#include "vcl/packed_frame.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_sei_read_debug);
#define GST_CAT_DEFAULT gst_vcl_sei_read_debug

namespace {

constexpr std::size_t kMaxTried = 2;  // messages per access unit

struct Settings {
  gstvcl::AttachSettings attach;
};

// Used only by the streaming thread.
struct State {
  gstvcl::CodedVideo video;
  gstvcl::ResultAttacher attacher;
  guint64 refused = 0;  // messages with our UUID that hold no results of this video
};

}  // namespace

struct _GstVclSeiRead {
  GstBaseTransform parent;
  gstvcl::Guarded<Settings>* settings;
  State* state;
};

G_DEFINE_TYPE(GstVclSeiRead, gst_vcl_sei_read, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(vcl_sei_read, "vcl-sei-read", GST_RANK_NONE, GST_TYPE_VCL_SEI_READ)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VCL_SEI_CAPS));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VCL_SEI_CAPS));

gboolean start(GstBaseTransform* base) {
  *GST_VCL_SEI_READ(base)->state = {};
  return TRUE;
}

gboolean set_caps(GstBaseTransform* base, GstCaps* caps, GstCaps*) {
  const auto video = gstvcl::coded_video(caps);
  if (video) GST_VCL_SEI_READ(base)->state->video = *video;
  return video.has_value();
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_VCL_SEI_READ(base)->state->attacher.restart();
  return GST_BASE_TRANSFORM_CLASS(gst_vcl_sei_read_parent_class)->sink_event(base, event);
}

/// Calls see(payload) for each message of ours: in the access unit, or in the metas that the parser gave raw video. The
/// payload is valid during the call only.
template <typename See>
void for_each_payload(GstBaseTransform* base, GstBuffer* buffer, See see) {
  if (const auto format = GST_VCL_SEI_READ(base)->state->video.format) {
    const gstvcl::MappedBuffer unit(buffer, GST_MAP_READ);
    vcl::read_user_data({unit.data(), unit.size()}, *format, vcl::kResultsUuid, see);
    return;
  }
  gpointer position = nullptr;
  while (GstMeta* meta =
             gst_buffer_iterate_meta_filtered(buffer, &position, GST_VIDEO_SEI_USER_DATA_UNREGISTERED_META_API_TYPE)) {
    const auto* sei = reinterpret_cast<GstVideoSEIUserDataUnregisteredMeta*>(meta);
    if (std::ranges::equal(sei->uuid, vcl::kResultsUuid)) see({sei->data, sei->size});
  }
}

/// Returns the results of the last message that has some. Tries few messages: they are foreign, and each takes time.
std::optional<vcl::UnpackedFrame> results_of(GstBaseTransform* base, GstBuffer* buffer) {
  State& state = *GST_VCL_SEI_READ(base)->state;
  std::deque<std::vector<std::uint8_t>> last;
  for_each_payload(base, buffer, [&](std::span<const std::uint8_t> payload) {
    last.emplace_front(payload.begin(), payload.end());
    if (last.size() > kMaxTried) last.pop_back();
  });
  for (const auto& payload : last) {
    if (auto frame = vcl::unpack_frame(payload, state.video.size)) return frame;
    GST_DEBUG_OBJECT(base, "SEI message %" G_GUINT64_FORMAT " is ignored: it holds no results of this video",
                     ++state.refused);
  }
  return {};
}

GstClockTime running_time(const GstBaseTransform* base, GstBuffer* buffer) {
  if (base->segment.format != GST_FORMAT_TIME) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  GstVclSeiRead* self = GST_VCL_SEI_READ(base);
  auto frame = results_of(base, buffer);
  if (!frame) return GST_FLOW_OK;
  // What hides the instances must not take masks that stand for all for those of this frame.
  frame->result.stale |= frame->incomplete;
  self->state->attacher.attach(buffer, frame->result, self->settings->get().attach, running_time(base, buffer));
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete GST_VCL_SEI_READ(object)->settings;
  delete GST_VCL_SEI_READ(object)->state;
  G_OBJECT_CLASS(gst_vcl_sei_read_parent_class)->finalize(object);
}

gstvcl::Guarded<Settings>& settings_of(GObject* object) {
  return *GST_VCL_SEI_READ(object)->settings;
}

}  // namespace

static void gst_vcl_sei_read_class_init(GstVclSeiReadClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_sei_read_debug, "vcl-sei-read", 0, "SEI to instance metadata");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  gstvcl::install_properties(object_class, {gstvcl::attach_properties<settings_of>(&Settings::attach)});
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instances from SEI", "Filter/Metadata/Video",
      "Reads the instances that vcl-sei-write wrote into H.264 or H.265, and attaches them as vcl-vis-segment does. "
      "Decoders keep the metadata, so vcl-overlay, vcl-export and vcl-idmap work downstream of them. On raw video it "
      "reads GstVideoSEIUserDataUnregisteredMeta, which h264parse attaches. Other messages are ignored. Example: ... ! "
      "h264parse ! vcl-sei-read ! avdec_h264 ! videoconvert ! vcl-overlay ! autovideosink",
      "The gst-vcl authors");
  GstBaseTransformClass* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = gstvcl::c_callback<start>;
  transform_class->set_caps = gstvcl::c_callback<set_caps>;
  transform_class->sink_event = gstvcl::c_callback<sink_event>;
  transform_class->prepare_output_buffer = gstvcl::c_callback<gstvcl::share_bytes>;
  transform_class->transform_ip = gstvcl::c_callback<transform_ip>;
}

static void gst_vcl_sei_read_init(GstVclSeiRead* self) {
  self->settings = new gstvcl::Guarded<Settings>;
  self->state = new State;
}
