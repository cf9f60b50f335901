// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An application that embeds the elements and reads the masks from the buffers: prints, for each
// track, when it was seen, its mean size and its mean score.
//
//   g++ tracks.cpp $(pkg-config --cflags --libs gst-vcl-1.0 gstreamer-app-1.0) -o tracks
//   ./tracks file:///path/of/video.mp4
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/vcl/gstvclinstancesmeta.h>

#include <cstdint>
#include <cstdio>
#include <map>

namespace {

struct Seen {
  GstClockTime first = GST_CLOCK_TIME_NONE, last = 0;
  int frames = 0;
  double area = 0, score = 0;
};

void note_instances(GstBuffer* buffer, std::map<std::uint64_t, Seen>& tracks) {
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    Seen& seen = tracks[gst_vcl_instance_get_track_id(instance)];
    if (seen.frames++ == 0) seen.first = GST_BUFFER_PTS(buffer);
    seen.last = GST_BUFFER_PTS(buffer);
    seen.area += gst_vcl_instance_get_area(instance);
    seen.score += gst_vcl_instance_get_score(instance);
  }
}

/// The error that ended the pipeline, printed; true when there is one.
bool print_error(GstElement* pipeline) {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  if (!message) return false;
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::fprintf(stderr, "%s\n", error->message);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: tracks URI\n");
    return 2;
  }
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) pipeline = gst_parse_launch(
      "uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false ! videoconvert ! vcl-vis-segment"
      " ! appsink name=sink sync=false",
      &error);
  if (error) {
    std::fprintf(stderr, "%s; is gst-vcl installed? (GST_PLUGIN_PATH)\n", error->message);
    return 1;
  }
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(source, "uri", argv[1], nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);

  std::map<std::uint64_t, Seen> tracks;
  while (GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))) {  // null at the end or on an error
    note_instances(gst_sample_get_buffer(sample), tracks);
    gst_sample_unref(sample);
  }
  const bool failed = print_error(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  for (const auto& [id, seen] : tracks)
    std::printf("track %llu: %.2f s to %.2f s, %d frames, mean area %.0f pixels, mean score %.2f\n",
                static_cast<unsigned long long>(id), double(seen.first) / GST_SECOND, double(seen.last) / GST_SECOND,
                seen.frames, seen.area / seen.frames, seen.score / seen.frames);
  return failed ? 1 : 0;
}
