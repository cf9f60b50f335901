// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/sei/gstvclseiwrite.h"

#include <gst/video/video.h>

#include "plugins/attach/read_result.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/base/properties.hpp"
#include "plugins/meta/mapped_buffer.hpp"
#include "plugins/sei/coded_video.hpp"
#include "vcl/error.hpp"
#include "vcl/packed_frame.hpp"

GST_DEBUG_CATEGORY_STATIC(gst_vcl_sei_write_debug);
#define GST_CAT_DEFAULT gst_vcl_sei_write_debug

namespace {

struct Settings {
  guint max_bytes = 4096;
};

}  // namespace

struct _GstVclSeiWrite {
  GstBaseTransform parent;
  gstvcl::Guarded<Settings>* settings;
  gstvcl::CodedVideo* video;  // used only by the streaming thread
};

G_DEFINE_TYPE(GstVclSeiWrite, gst_vcl_sei_write, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(vcl_sei_write, "vcl-sei-write", GST_RANK_NONE, GST_TYPE_VCL_SEI_WRITE)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VCL_SEI_CAPS));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VCL_SEI_CAPS));

gboolean set_caps(GstBaseTransform* base, GstCaps* caps, GstCaps*) {
  const auto video = gstvcl::coded_video(caps);
  if (video) *GST_VCL_SEI_WRITE(base)->video = *video;
  return video.has_value();
}

std::optional<vcl::SeiInsertion> sei_for(GstBuffer* buffer, vcl::NalFormat format,
                                         std::span<const std::uint8_t> packed) {
  const gstvcl::MappedBuffer unit(buffer, GST_MAP_READ);
  return vcl::insert_user_data({unit.data(), unit.size()}, format, vcl::kResultsUuid, packed);
}

/// Puts the packed frame into the access unit, whose other bytes are not copied.
void insert(GstBaseTransform* base, GstBuffer* buffer, vcl::NalFormat format, std::span<const std::uint8_t> packed) {
  const auto sei = sei_for(buffer, format, packed);
  if (!sei) {
    GST_DEBUG_OBJECT(base, "results are left out: the access unit has no slice");
    return;
  }
  GstBuffer* rest = gst_buffer_copy_region(buffer, GST_BUFFER_COPY_MEMORY, sei->position, gsize(-1));
  if (!rest) throw vcl::Error(vcl::ErrorKind::Resource, "There is no memory for a part of an access unit.");
  gst_buffer_set_size(buffer, gssize(sei->position));
  gst_buffer_append(buffer, gst_buffer_new_memdup(sei->bytes.data(), sei->bytes.size()));
  gst_buffer_append(buffer, rest);
}

void attach(GstBuffer* buffer, std::span<const std::uint8_t> packed) {
  vcl::Uuid uuid = vcl::kResultsUuid;
  gst_buffer_add_video_sei_user_data_unregistered_meta(buffer, uuid.data(), const_cast<guint8*>(packed.data()),
                                                       packed.size());
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  GstVclSeiWrite* self = GST_VCL_SEI_WRITE(base);
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  if (!meta) return GST_FLOW_OK;
  const auto packed = vcl::pack_frame(gstvcl::read_result(meta), self->settings->get().max_bytes);
  if (self->video->format)
    insert(base, buffer, *self->video->format, packed);
  else
    attach(buffer, packed);
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete GST_VCL_SEI_WRITE(object)->settings;
  delete GST_VCL_SEI_WRITE(object)->video;
  G_OBJECT_CLASS(gst_vcl_sei_write_parent_class)->finalize(object);
}

gstvcl::Guarded<Settings>& settings_of(GObject* object) {
  return *GST_VCL_SEI_WRITE(object)->settings;
}

}  // namespace

static void gst_vcl_sei_write_class_init(GstVclSeiWriteClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_vcl_sei_write_debug, "vcl-sei-write", 0, "Instance metadata to SEI");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = finalize;
  using Field = gstvcl::Fields<settings_of>;
  gstvcl::install_properties(
      object_class,
      {{Field::number<guint>({"max-bytes", "Max bytes",
                              "Most bytes of one frame's results. If they do not fit, masks get coarser, then only "
                              "boxes remain, then only the best-scored instances"},
                             guint(vcl::kMinPackedBytes), guint(vcl::kMaxPackedBytes), gstvcl::kInPlaying,
                             &Settings::max_bytes)}});
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Instances into SEI", "Filter/Metadata/Video",
      "Writes the instances that vcl-vis-segment attached into the video stream, as SEI user data that vcl-sei-read "
      "reads back. Behind an encoder, which keeps the metadata, it inserts them into H.264 or H.265; on raw video it "
      "attaches GstVideoSEIUserDataUnregisteredMeta, for elements that insert those. Example: ... ! vcl-vis-segment ! "
      "x264enc ! vcl-sei-write ! h264parse ! mp4mux ! filesink location=out.mp4",
      "The gst-vcl authors");
  GstBaseTransformClass* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->set_caps = gstvcl::c_callback<set_caps>;
  transform_class->prepare_output_buffer = gstvcl::c_callback<gstvcl::share_bytes>;
  transform_class->transform_ip = gstvcl::c_callback<transform_ip>;
}

static void gst_vcl_sei_write_init(GstVclSeiWrite* self) {
  self->settings = new gstvcl::Guarded<Settings>;
  self->video = new gstvcl::CodedVideo;
}
