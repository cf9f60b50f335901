// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/sdr_filter.hpp"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <memory>
#include <opencv2/core/utility.hpp>
#include <optional>

#include "tools/media/tone_map.hpp"
#include "vcl/threads.hpp"

namespace {

struct FreeConverter {
  void operator()(GstVideoConverter* converter) const { gst_video_converter_free(converter); }
};
struct FreeBuffer {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
};

GstVideoConverter* make_converter(GstVideoInfo* from, GstVideoInfo* to) {
  return gst_video_converter_new(from, to,
                                 gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_THREADS, G_TYPE_UINT,
                                                   guint(vcl::usable_processors()), nullptr));
}

/// What frames of HDR in these formats pass: signal in RGB, of the screen in RGB, output.
class Mapping {
 public:
  Mapping(GstVideoInfo in, GstVideoInfo out) : tone_(in.colorimetry) {
    if (GST_VIDEO_INFO_IS_YUV(&in) && in.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN)
      in.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
    if (in.colorimetry.range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
      in.colorimetry.range = GST_VIDEO_INFO_IS_YUV(&in) ? GST_VIDEO_COLOR_RANGE_16_235 : GST_VIDEO_COLOR_RANGE_0_255;
    gst_video_info_set_format(&signal_, GST_VIDEO_FORMAT_ARGB64, guint(in.width), guint(in.height));
    signal_.colorimetry = {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_RGB, in.colorimetry.transfer,
                           in.colorimetry.primaries};
    gst_video_info_set_format(&screen_, GST_VIDEO_FORMAT_xRGB, guint(in.width), guint(in.height));
    screen_.colorimetry = {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_RGB, out.colorimetry.transfer,
                           out.colorimetry.primaries};
    for (GstVideoInfo* info : {&signal_, &screen_}) {
      info->interlace_mode = in.interlace_mode;
      info->fps_n = in.fps_n;
      info->fps_d = in.fps_d;
    }
    to_signal_.reset(make_converter(&in, &signal_));
    to_output_.reset(make_converter(&screen_, &out));
    signal_buffer_.reset(gst_buffer_new_allocate(nullptr, signal_.size, nullptr));
    screen_buffer_.reset(gst_buffer_new_allocate(nullptr, screen_.size, nullptr));
  }

  bool is_possible() const { return to_signal_ && to_output_; }

  void map(const GstVideoFrame* in, GstVideoFrame* out) {
    GstVideoFrame signal, screen;
    gst_video_frame_map(&signal, &signal_, signal_buffer_.get(), GST_MAP_READWRITE);
    gst_video_frame_map(&screen, &screen_, screen_buffer_.get(), GST_MAP_READWRITE);
    gst_video_converter_frame(to_signal_.get(), in, &signal);
    const auto map_rows = [&](const cv::Range& rows) {
      for (int y = rows.start; y < rows.end; ++y)
        tone_.map(reinterpret_cast<const std::uint16_t*>(static_cast<const std::uint8_t*>(signal.data[0]) +
                                                         std::ptrdiff_t(y) * signal.info.stride[0]),
                  static_cast<std::uint8_t*>(screen.data[0]) + std::ptrdiff_t(y) * screen.info.stride[0],
                  signal.info.width);
    };
    cv::parallel_for_({0, signal.info.height}, map_rows, vcl::usable_processors());
    gst_video_converter_frame(to_output_.get(), &screen, out);
    gst_video_frame_unmap(&screen);
    gst_video_frame_unmap(&signal);
  }

 private:
  const vcl::ToneMap tone_;
  GstVideoInfo signal_, screen_;
  std::unique_ptr<GstVideoConverter, FreeConverter> to_signal_, to_output_;
  std::unique_ptr<GstBuffer, FreeBuffer> signal_buffer_, screen_buffer_;
};

}  // namespace

#define VCL_TYPE_SDR_FILTER (vcl_sdr_filter_get_type())
G_DECLARE_FINAL_TYPE(VclSdrFilter, vcl_sdr_filter, VCL, SDR_FILTER, GstVideoFilter)

struct _VclSdrFilter {
  GstVideoFilter parent;
  Mapping* mapping;  // null: this video is no HDR
};

G_DEFINE_TYPE(VclSdrFilter, vcl_sdr_filter, GST_TYPE_VIDEO_FILTER)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw(ANY)"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw(ANY)"));

bool is_hdr(const GstStructure* structure) {
  const char* text = gst_structure_get_string(structure, "colorimetry");
  GstVideoColorimetry colorimetry;
  return text && gst_video_colorimetry_from_string(&colorimetry, text) && vcl::is_hdr(colorimetry);
}

/// HDR that goes in comes out as SDR. Any format and any colors may go in.
GstCaps* transform_caps(GstBaseTransform*, GstPadDirection direction, GstCaps* caps, GstCaps* filter) {
  GstCaps* others = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    GstStructure* other = gst_structure_copy(gst_caps_get_structure(caps, i));
    GstCapsFeatures* features = gst_caps_features_copy(gst_caps_get_features(caps, i));
    if (direction == GST_PAD_SRC) {
      gst_structure_remove_fields(other, "format", "colorimetry", "chroma-site", "mastering-display-info",
                                  "content-light-level", nullptr);
    } else if (is_hdr(other)) {
      gst_structure_remove_fields(other, "chroma-site", "mastering-display-info", "content-light-level", nullptr);
      gst_structure_set(other, "format", G_TYPE_STRING, "I420", "colorimetry", G_TYPE_STRING,
                        GST_VIDEO_COLORIMETRY_BT709, nullptr);
    }
    gst_caps_append_structure_full(others, other, features);
  }
  if (filter) gst_caps_take(&others, gst_caps_intersect_full(filter, others, GST_CAPS_INTERSECT_FIRST));
  return others;
}

gboolean set_info(GstVideoFilter* filter, GstCaps*, GstVideoInfo* in, GstCaps*, GstVideoInfo* out) {
  VclSdrFilter* self = VCL_SDR_FILTER(filter);
  delete self->mapping;
  self->mapping = vcl::is_hdr(in->colorimetry) ? new Mapping(*in, *out) : nullptr;
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(filter), self->mapping == nullptr);
  return !self->mapping || self->mapping->is_possible();
}

GstFlowReturn transform_frame(GstVideoFilter* filter, GstVideoFrame* in, GstVideoFrame* out) {
  VCL_SDR_FILTER(filter)->mapping->map(in, out);
  return GST_FLOW_OK;
}

/// Of the frame all holds, but for what is said of its colors.
gboolean transform_meta(GstBaseTransform*, GstBuffer*, GstMeta* meta, GstBuffer*) {
  return !gst_meta_api_type_has_tag(meta->info->api, g_quark_from_static_string(GST_META_TAG_VIDEO_COLORSPACE_STR));
}

void finalize(GObject* object) {
  delete VCL_SDR_FILTER(object)->mapping;
  G_OBJECT_CLASS(vcl_sdr_filter_parent_class)->finalize(object);
}

}  // namespace

static void vcl_sdr_filter_class_init(VclSdrFilterClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "HDR to SDR", "Filter/Converter/Video",
                                        "Brings PQ and HLG video to SDR", "The gst-vcl authors");
  GST_BASE_TRANSFORM_CLASS(klass)->transform_caps = transform_caps;
  GST_BASE_TRANSFORM_CLASS(klass)->transform_meta = transform_meta;
  GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame = transform_frame;
}

static void vcl_sdr_filter_init(VclSdrFilter* self) {
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // no frame may be left out
}

void vcl::register_sdr_filter() {
  gst_element_register(nullptr, kSdrFilter, GST_RANK_NONE, VCL_TYPE_SDR_FILTER);
}
