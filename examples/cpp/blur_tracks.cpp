// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Makes chosen tracks of a video unrecognisable: a probe between the elements works on the pixels under their masks
// with OpenCV. `vcl segment IN --overlay` shows which object has which id; without ids all that is found is hidden.
//
//   g++ -std=c++20 blur_tracks.cpp $(pkg-config --cflags --libs gst-vcl-1.0 gstreamer-video-1.0 opencv4) -o blur_tracks
//   ./blur_tracks in.mp4 out.mp4 1 4
#include <gst/gst.h>
#include <gst/vcl/gstvclinstancesmeta.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <opencv2/imgproc.hpp>
#include <set>

namespace {

constexpr int kMargin = 4;  // pixels beyond the mask, which need not reach the very edge of the object
constexpr int kCells = 6;   // of the mosaic along the longer side of the object

using Ids = std::set<std::uint64_t>;

/// Replaces the pixels under the mask, and a margin round it, by a mosaic of large cells.
void hide(const GstVclInstance* instance, cv::Mat& picture) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  const cv::Rect whole(0, 0, picture.cols, picture.rows);
  const cv::Rect place =
      whole & cv::Rect(box.x - kMargin, box.y - kMargin, box.width + 2 * kMargin, box.height + 2 * kMargin);

  GstBuffer* buffer = gst_vcl_instance_get_mask(instance);  // shared and read only
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
  cv::Mat mask = cv::Mat::zeros(place.size(), CV_8U);
  cv::Mat(box.height, box.width, CV_8U, map.data)
      .copyTo(mask(cv::Rect({box.x - place.x, box.y - place.y}, cv::Size(box.width, box.height))));
  gst_buffer_unmap(buffer, &map);
  cv::dilate(mask, mask, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * kMargin + 1, 2 * kMargin + 1}));

  cv::Mat object = picture(place), mosaic;
  const double scale = double(kCells) / std::max(place.width, place.height);
  const cv::Size cells(std::max(1, int(place.width * scale)), std::max(1, int(place.height * scale)));
  cv::resize(object, mosaic, cells, 0, 0, cv::INTER_AREA);
  cv::resize(mosaic, mosaic, place.size(), 0, 0, cv::INTER_NEAREST);
  mosaic.copyTo(object, mask);
}

/// Called by the streaming thread with every frame that leaves vcl-vis-segment.
GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer ids) {
  GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  GstVideoInfo video;
  GstVideoFrame frame;
  // A frame whose objects cannot be hidden is not shown.
  if (!meta || !gst_video_info_from_caps(&video, caps)) return GST_PAD_PROBE_DROP;
  if (!gst_video_frame_map(&frame, &video, buffer, GST_MAP_READWRITE)) return GST_PAD_PROBE_DROP;
  cv::Mat picture(GST_VIDEO_FRAME_HEIGHT(&frame), GST_VIDEO_FRAME_WIDTH(&frame), CV_8UC4,
                  GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), std::size_t(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)));
  const Ids& chosen = *static_cast<const Ids*>(ids);
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    if (chosen.empty() || chosen.contains(gst_vcl_instance_get_track_id(instance))) hide(instance, picture);
  }
  gst_video_frame_unmap(&frame);
  return GST_PAD_PROBE_OK;
}

/// Plays to the end; false, with the reason printed, after an error.
bool play(GstElement* pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return true;
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::fprintf(stderr, "%s: %s\n", GST_MESSAGE_SRC_NAME(message), error->message);
  return false;
}

/// The track ids in the arguments; false where one is none.
bool read_ids(int argc, char** argv, Ids& ids) {
  for (int i = 3; i < argc; ++i) {
    guint64 id = 0;
    if (!g_ascii_string_to_unsigned(argv[i], 10, 1, G_MAXUINT64, &id, nullptr)) return false;
    ids.insert(id);
  }
  return argc >= 3;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  Ids ids;
  if (!read_ids(argc, argv, ids)) {
    std::fprintf(stderr, "usage: blur_tracks IN OUT.mp4 [TRACK...]\n");
    return 2;
  }
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) pipeline = gst_parse_launch(
      "filesrc name=in ! decodebin ! videoconvert ! video/x-raw,format=BGRx ! vcl-vis-segment name=segment ! "
      "videoconvert"
      " ! x264enc speed-preset=veryfast ! mp4mux ! filesink name=out",
      &error);
  if (error) {
    std::fprintf(stderr, "%s; is gst-vcl installed? (GST_PLUGIN_PATH)\n", error->message);
    return 1;
  }
  g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  g_autoptr(GstElement) segment = gst_bin_get_by_name(GST_BIN(pipeline), "segment");
  g_object_set(in, "location", argv[1], nullptr);
  g_object_set(out, "location", argv[2], nullptr);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(segment, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &ids, nullptr);
  return play(pipeline) ? 0 : 1;
}
