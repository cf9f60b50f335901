// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/segment_pipeline.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "tools/media/image_source.hpp"
#include "tools/media/reader_faults.hpp"
#include "tools/media/sdr_filter.hpp"
#include "tools/media/system_memory.hpp"
#include "tools/media/video_track.hpp"
#include "tools/segment/mask_file.hpp"
#include "tools/segment/pipeline_element.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// No sink waits for its first frame (async=false): x264enc buffers dozens of frames before its first output, and a
/// waiting sheet would block the tee meanwhile.
std::string describe_pipeline(const SegmentOptions& options, const Input& input, const PaintedVideo* video) {
  std::string text = "appsrc name=source ! videoconvert name=head";
  // One output frame per coded frame. `auto` deinterlaces only frames that are flagged as interlaced.
  if (input.images.empty())
    text = fmt::format("uridecodebin name=source  {} name=head ! videoconvert ! deinterlace fields=top mode={}",
                       kSdrFilter, options.deinterlace ? "interlaced" : "auto");
  // Phones store frames rotated, with a tag that states the rotation. Masks refer to the upright picture.
  text +=
      " ! videoflip video-direction=auto ! queue name=input max-size-buffers=4 max-size-bytes=0 max-size-time=0"
      " ! vcl-vis-segment name=segment pipelined=true ! vcl-export name=export";
  if (!video && options.contact_sheet.empty()) return text + " ! fakesink sync=false async=false";
  text += " ! videoconvert ! vcl-overlay name=painter ! tee name=overlaid";
  if (video) text += " overlaid. ! " + video->describe();
  if (!options.contact_sheet.empty())
    text +=
        " overlaid. ! queue name=sheet_queue max-size-buffers=8 max-size-bytes=0 max-size-time=0"
        " ! videoconvert ! video/x-raw,format=BGR ! appsink name=sheet sync=false async=false";
  return text;
}

void set_property(GstElement* element, const char* property, const std::optional<std::string>& value) {
  const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), property);
  if (value && G_IS_PARAM_SPEC_ENUM(spec))
    gst_util_set_object_arg(G_OBJECT(element), property, value->c_str());
  else if (value)
    g_object_set(element, property, value->c_str(), nullptr);
}

template <typename Number>
void set_property(GstElement* element, const char* property, const std::optional<Number>& value) {
  if (value) g_object_set(element, property, *value, nullptr);
}

void set_options(GstElement* segment, const SegmentOptions& options) {
  const auto set = [segment](const char* property, const auto& value) { set_property(segment, property, value); };
  for_each_setting(options, set);
  set("device", options.device);
  set("threads", options.threads);
  set("precision", std::optional(gint(options.precision)));
  if (options.shown) {
    g_autoptr(GstSample) mask = make_mask_sample(*options.shown);
    g_object_set(segment, "mask", mask, nullptr);
  }
  if (options.whole) set("mode", std::optional<std::string>("whole"));
}

void set_location(GstElement* element, const char* property, const std::string& location) {
  if (!location.empty()) g_object_set(element, property, location.c_str(), nullptr);
}

/// GStreamer opens a file, closes it and opens it again to find out whether it can seek. The writer of a pipe stops
/// when the pipe is closed, and there may be no other writer. So a pipe is opened once, here, and closed with the
/// pipeline. If it cannot be opened, GStreamer reports why.
std::string uri_to_read(const Input& input, GstElement* pipeline) {
  std::error_code none;
  if (!std::filesystem::is_fifo(input.path, none)) return input.uri;
  const int descriptor = ::open(input.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return input.uri;
  g_object_set_data_full(G_OBJECT(pipeline), "vcl-pipe", GINT_TO_POINTER(descriptor),
                         [](gpointer opened) { ::close(GPOINTER_TO_INT(opened)); });
  return fmt::format("fd://{}", descriptor);
}

}  // namespace

GstElement* make_segment_pipeline(const SegmentOptions& options, const Input& input, PaintedVideo* video,
                                  ContactSheet* sheet, std::size_t first_image) {
  register_sdr_filter();
  g_autoptr(GError) error = nullptr;
  GstElement* pipeline = gst_parse_launch(describe_pipeline(options, input, video).c_str(), &error);
  if (error) {
    gst_clear_object(&pipeline);
    throw Error(ErrorKind::Library,
                fmt::format("GStreamer is incomplete: {}; install gstreamer1.0-plugins-base, -good, "
                            "-bad and -ugly",
                            error->message));
  }
  GstElement* source = find(pipeline, "source");
  if (input.images.empty()) {
    g_object_set(source, "uri", uri_to_read(input, pipeline).c_str(), nullptr);
    mend_reader_faults(source);
    decode_to_system_memory(source);
    link_video_track(source, find(pipeline, "head"), input.name, options.quiet);
  } else {
    play_images(GST_APP_SRC(source), input.images,
                {.fps = options.fps.value_or(kImagesPerSecond),
                 .first = first_image,
                 .reading = {options.bits, options.quiet},
                 .skips_broken = options.on_error == OnError::Skip});
  }
  set_options(find(pipeline, "segment"), options);
  GstElement* writer = find(pipeline, "export");
  set_location(writer, "json-location", options.json);
  set_location(writer, "ytvis-location", options.ytvis);
  set_location(writer, "masks-location", options.masks);
  g_object_set(writer, "system-clock", gboolean(options.system_clock), nullptr);
  if (video || !options.contact_sheet.empty()) set_painting(find(pipeline, "painter"), options.painting);
  if (video) video->complete(pipeline, options.painting.hiding() != gstvcl::Style::Paint);
  if (!options.contact_sheet.empty()) {
    g_autoptr(GstPad) entry = gst_element_get_static_pad(find(pipeline, "sheet_queue"), "src");
    fill_contact_sheet(sheet, entry, GST_APP_SINK(find(pipeline, "sheet")));
  }
  return pipeline;
}

}  // namespace vcl
