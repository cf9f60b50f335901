// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/image_source.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <atomic>

#include "plugins/base/buffer_ptr.hpp"
#include "plugins/base/c_callback.hpp"
#include "plugins/meta/mapped_buffer.hpp"
#include "tools/media/frame_range.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr const char* kImages = "vcl-images";

struct ImageList {
  std::vector<std::string> paths;
  std::size_t first;  // number in the input
  int fps_n, fps_d;
  PictureReading reading;
  bool skips_broken;
  std::size_t next = 0;
  cv::Size size = {};  // of the caps that were set last
  std::atomic<int> skipped = 0;
};

GstClockTime time_of(std::size_t number, const ImageList& list) {
  return gst_util_uint64_scale(number, std::uint64_t(list.fps_d) * GST_SECOND, list.fps_n);
}

gstvcl::BufferPtr make_buffer(const cv::Mat& image, const ImageList& list) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_BGR, image.cols, image.rows);
  gstvcl::BufferPtr buffer(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  image.copyTo(cv::Mat(image.rows, image.cols, CV_8UC3, gstvcl::MappedBuffer(buffer.get(), GST_MAP_WRITE).data(),
                       info.stride[0]));
  const std::size_t number = list.first + list.next;
  GST_BUFFER_PTS(buffer.get()) = time_of(number, list);
  GST_BUFFER_DURATION(buffer.get()) = time_of(number + 1, list) - GST_BUFFER_PTS(buffer.get());
  return buffer;
}

/// The next image that can be read; empty at the end. Throws Error where none may be skipped.
cv::Mat read_next(ImageList& list) {
  for (; list.next < list.paths.size(); ++list.next) {
    try {
      return read_image(list.paths[list.next], list.reading);
    } catch (const Error& error) {
      if (!list.skips_broken) throw;
      fmt::print(stderr, "failed: {}\n", error.what());
      ++list.skipped;
    }
  }
  return {};
}

void push_next(GstAppSrc* source, guint, gpointer data) {
  ImageList& list = *static_cast<ImageList*>(data);
  const cv::Mat image = read_next(list);
  if (image.empty()) {
    gst_app_src_end_of_stream(source);
    return;
  }
  if (image.size() != list.size) {
    list.size = image.size();
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "BGR", "width", G_TYPE_INT, image.cols, "height",
                            G_TYPE_INT, image.rows, "framerate", GST_TYPE_FRACTION, list.fps_n, list.fps_d,
                            "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr);
    gst_app_src_set_caps(source, caps);
  }
  gstvcl::BufferPtr buffer = make_buffer(image, list);
  ++list.next;
  gst_app_src_push_buffer(source, buffer.release());
}

GstPadProbeReturn begin_at_first(GstPad*, GstPadProbeInfo* info, gpointer data) {
  const ImageList& list = *static_cast<const ImageList*>(data);
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT) return GST_PAD_PROBE_OK;
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  segment = begin_at(segment, time_of(list.first, list));
  GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_segment(&segment);
  gst_event_unref(event);
  return GST_PAD_PROBE_OK;
}

}  // namespace

void play_images(GstAppSrc* source, const std::vector<std::string>& images, const ImagePlay& play) {
  auto* list = new ImageList{.paths = images,
                             .first = play.first,
                             .fps_n = 0,
                             .fps_d = 1,
                             .reading = play.reading,
                             .skips_broken = play.skips_broken};
  gst_util_double_to_fraction(play.fps, &list->fps_n, &list->fps_d);
  g_object_set(source, "format", GST_FORMAT_TIME, "max-buffers", guint64(2), "max-bytes", guint64(0), nullptr);
  g_object_set_data_full(G_OBJECT(source), kImages, list, [](gpointer data) { delete static_cast<ImageList*>(data); });
  g_autoptr(GstPad) exit = gst_element_get_static_pad(GST_ELEMENT(source), "src");
  if (play.first > 0)
    gst_pad_add_probe(exit, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, gstvcl::c_callback<begin_at_first>, list, nullptr);
  GstAppSrcCallbacks callbacks = {};
  callbacks.need_data = gstvcl::c_callback<push_next>;
  gst_app_src_set_callbacks(source, &callbacks, list, nullptr);
}

int skipped_images(GstElement* source) {
  const auto* list = static_cast<const ImageList*>(g_object_get_data(G_OBJECT(source), kImages));
  return list ? list->skipped.load() : 0;
}

}  // namespace vcl
