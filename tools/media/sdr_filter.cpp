// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/sdr_filter.hpp"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <exception>
#include <memory>
#include <new>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "plugins/base/buffer_ptr.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/base/metas_kept.hpp"
#include "tools/media/tone_map.hpp"
#include "vcl/threads.hpp"

namespace {

struct FreeConverter {
  void operator()(GstVideoConverter* converter) const { gst_video_converter_free(converter); }
};

GstVideoConverter* make_converter(GstVideoInfo* from, GstVideoInfo* to, int threads) {
  return gst_video_converter_new(
      from, to, gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_THREADS, G_TYPE_UINT, guint(threads), nullptr));
}

GstVideoInfo make_info(GstVideoFormat format, const GstVideoInfo& like, const GstVideoColorimetry& colorimetry) {
  GstVideoInfo info;
  if (!gst_video_info_set_format(&info, format, guint(like.width), guint(like.height)))
    throw std::runtime_error("frames of " + std::to_string(like.width) + "x" + std::to_string(like.height) +
                             " pixels are too large");
  info.colorimetry = colorimetry;
  info.interlace_mode = like.interlace_mode;
  info.fps_n = like.fps_n;
  info.fps_d = like.fps_d;
  return info;
}

/// Memory for the pixels of a frame, mapped as long as it lives.
class FrameMemory {
 public:
  explicit FrameMemory(const GstVideoInfo& info) : buffer_(gst_buffer_new_allocate(nullptr, info.size, nullptr)) {
    if (!buffer_) throw std::bad_alloc();
    if (!gst_video_frame_map(&frame_, &info, buffer_.get(), GST_MAP_READWRITE))
      throw std::runtime_error("a frame in memory cannot be mapped");
  }
  ~FrameMemory() { gst_video_frame_unmap(&frame_); }
  FrameMemory(const FrameMemory&) = delete;
  FrameMemory& operator=(const FrameMemory&) = delete;

  GstVideoFrame* frame() { return &frame_; }

 private:
  const gstvcl::BufferPtr buffer_;
  GstVideoFrame frame_;
};

/// What frames of HDR in these formats pass: signal in RGB, of the screen in RGB, output.
class Mapping {
 public:
  Mapping(GstVideoInfo in, GstVideoInfo out) : tone_(in.colorimetry) {
    if (GST_VIDEO_INFO_IS_YUV(&in) && in.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN)
      in.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
    if (in.colorimetry.range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
      in.colorimetry.range = GST_VIDEO_INFO_IS_YUV(&in) ? GST_VIDEO_COLOR_RANGE_16_235 : GST_VIDEO_COLOR_RANGE_0_255;
    GstVideoInfo signal = make_info(
        GST_VIDEO_FORMAT_ARGB64, in,
        {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_RGB, in.colorimetry.transfer, in.colorimetry.primaries});
    GstVideoInfo screen = make_info(
        GST_VIDEO_FORMAT_xRGB, in,
        {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_RGB, out.colorimetry.transfer, out.colorimetry.primaries});
    to_signal_.reset(make_converter(&in, &signal, threads_));
    to_output_.reset(make_converter(&screen, &out, threads_));
    if (!to_signal_ || !to_output_) throw std::runtime_error("GStreamer cannot convert this HDR video");
    signal_.emplace(signal);
    screen_.emplace(screen);
  }

  void map(const GstVideoFrame* in, GstVideoFrame* out) {
    const GstVideoFrame& signal = *signal_->frame();
    const GstVideoFrame& screen = *screen_->frame();
    gst_video_converter_frame(to_signal_.get(), in, signal_->frame());
    const auto map_rows = [&](const cv::Range& rows) {
      for (int y = rows.start; y < rows.end; ++y)
        tone_.map(reinterpret_cast<const std::uint16_t*>(static_cast<const std::uint8_t*>(signal.data[0]) +
                                                         std::ptrdiff_t(y) * signal.info.stride[0]),
                  static_cast<std::uint8_t*>(screen.data[0]) + std::ptrdiff_t(y) * screen.info.stride[0],
                  signal.info.width);
    };
    cv::parallel_for_({0, signal.info.height}, map_rows, threads_);
    gst_video_converter_frame(to_output_.get(), screen_->frame(), out);
  }

 private:
  const int threads_ = vcl::usable_processors();  // reads files, so not for each frame
  const vcl::ToneMap tone_;
  std::unique_ptr<GstVideoConverter, FreeConverter> to_signal_, to_output_;
  std::optional<FrameMemory> signal_, screen_;
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

/// What the caps themselves say, all unknown if nothing: a GstVideoInfo has other colors where they are incomplete.
GstVideoColorimetry colorimetry_of(const GstStructure* structure) {
  const char* text = gst_structure_get_string(structure, "colorimetry");
  GstVideoColorimetry colorimetry{};
  if (text && !gst_video_colorimetry_from_string(&colorimetry, text)) return {};
  return colorimetry;
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
    } else if (vcl::is_hdr(colorimetry_of(other))) {
      gst_structure_remove_fields(other, "chroma-site", "mastering-display-info", "content-light-level", nullptr);
      gst_structure_set(other, "format", G_TYPE_STRING, "I420", "colorimetry", G_TYPE_STRING,
                        GST_VIDEO_COLORIMETRY_BT709, nullptr);
    }
    gst_caps_append_structure_full(others, other, features);
  }
  if (filter) gst_caps_take(&others, gst_caps_intersect_full(filter, others, GST_CAPS_INTERSECT_FIRST));
  return others;
}

/// Does the work. What it throws is an error of the element, as no exception may reach GStreamer.
template <typename Work>
bool is_done(GstVideoFilter* filter, const Work& work) {
  try {
    work();
    return true;
  } catch (const std::bad_alloc&) {
    GST_ELEMENT_ERROR(filter, RESOURCE, NO_SPACE_LEFT, ("out of memory: scale HDR video before it is segmented"),
                      (nullptr));
  } catch (const std::exception& error) {
    GST_ELEMENT_ERROR(filter, STREAM, FORMAT,
                      ("HDR cannot be brought to SDR: %s; convert the video to SDR first", error.what()), (nullptr));
  }
  return false;
}

gboolean set_info(GstVideoFilter* filter, GstCaps* caps, GstVideoInfo* in, GstCaps*, GstVideoInfo* out) {
  VclSdrFilter* self = VCL_SDR_FILTER(filter);
  delete self->mapping;
  self->mapping = nullptr;
  const bool done = is_done(filter, [&] {
    GstVideoInfo from = *in;
    from.colorimetry = colorimetry_of(gst_caps_get_structure(caps, 0));
    if (vcl::is_hdr(from.colorimetry)) self->mapping = new Mapping(from, *out);
  });
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(filter), self->mapping == nullptr);
  return done;
}

GstFlowReturn transform_frame(GstVideoFilter* filter, GstVideoFrame* in, GstVideoFrame* out) {
  const bool done = is_done(filter, [&] { VCL_SDR_FILTER(filter)->mapping->map(in, out); });
  return done ? GST_FLOW_OK : GST_FLOW_ERROR;
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
  GST_BASE_TRANSFORM_CLASS(klass)->transform_caps = gstvcl::c_callback<transform_caps>;
  GST_BASE_TRANSFORM_CLASS(klass)->transform_meta = gstvcl::keep_all_but_colors;
  GST_VIDEO_FILTER_CLASS(klass)->set_info = gstvcl::c_callback<set_info>;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame = gstvcl::c_callback<transform_frame>;
}

static void vcl_sdr_filter_init(VclSdrFilter* self) {
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);  // no frame may be left out
}

void vcl::register_sdr_filter() {
  gst_element_register(nullptr, kSdrFilter, GST_RANK_NONE, VCL_TYPE_SDR_FILTER);
}
