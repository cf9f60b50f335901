// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An application that embeds the elements: a callback of its own reads the masks of every frame, as pixels and as run
// lengths. Prints, for each track, when it was seen, its mean size and score, how far it moved, and its largest mask.
//
//   g++ -std=c++20 tracks.cpp $(pkg-config --cflags --libs gst-vcl-1.0 gstreamer-app-1.0) -o tracks
//   ./tracks file:///path/of/video.mp4
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/vcl/gstvclinstancesmeta.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace {

struct Point {
  double x = 0, y = 0;
};

struct Seen {
  GstClockTime first = GST_CLOCK_TIME_NONE, last = 0;
  int frames = 0;
  double areas = 0, scores = 0;
  Point start, end;
  guint64 largest_area = 0;
  std::string largest_mask;  // JSON, as pycocotools reads it
};

using Tracks = std::map<std::uint64_t, Seen>;

/// The middle of an instance's mask, in pixels of the frame.
Point middle_of(const GstVclInstance* instance) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  GstBuffer* mask = gst_vcl_instance_get_mask(instance);  // of the box's size, one byte a pixel, rows packed
  GstMapInfo map;
  if (!gst_buffer_map(mask, &map, GST_MAP_READ)) return {};
  Point sum;
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x)
      if (map.data[gsize(y) * gsize(box.width) + gsize(x)] != 0) sum = {sum.x + x, sum.y + y};
  gst_buffer_unmap(mask, &map);
  const double pixels = double(gst_vcl_instance_get_area(instance));
  return {box.x + sum.x / pixels, box.y + sum.y / pixels};
}

void note_instance(const GstVclInstancesMeta* meta, const GstVclInstance* instance, GstClockTime time, Seen& seen) {
  const Point middle = middle_of(instance);
  if (seen.frames++ == 0) {
    seen.first = time;
    seen.start = middle;
  }
  seen.last = time;
  seen.end = middle;
  const guint64 area = gst_vcl_instance_get_area(instance);
  seen.areas += double(area);
  seen.scores += gst_vcl_instance_get_score(instance);
  if (area <= seen.largest_area) return;
  seen.largest_area = area;
  // Run lengths may hold a backslash, which JSON doubles.
  std::string counts;
  for (const char* c = gst_vcl_instance_get_rle(instance); *c != 0; ++c)
    counts += *c == '\\' ? "\\\\" : std::string(1, *c);
  seen.largest_mask = "{\"size\":[" + std::to_string(meta->height) + "," + std::to_string(meta->width) +
                      "],\"counts\":\"" + counts + "\"}";
}

/// Called by the streaming thread for every frame.
GstFlowReturn on_sample(GstAppSink* sink, gpointer tracks) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  // The time in the video, as players show it: an edit list or a start above zero does not shift it.
  const GstClockTime time =
      gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    Seen& seen = (*static_cast<Tracks*>(tracks))[gst_vcl_instance_get_track_id(instance)];
    note_instance(meta, instance, time, seen);
  }
  return GST_FLOW_OK;
}

/// Plays to the end; false, with the reason printed, after an error.
bool play(GstElement* pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);  // what fails now is a message too
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_element_set_state(pipeline, GST_STATE_NULL);  // from here on no callback runs
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return true;
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::fprintf(stderr, "%s: %s\n", GST_MESSAGE_SRC_NAME(message), error->message);
  return false;
}

void print(const Tracks& tracks) {
  for (const auto& [id, seen] : tracks)
    std::printf(
        "track %llu: %.2f s to %.2f s, %d frames, mean area %.0f pixels, mean score %.2f, moved %.0f pixels, "
        "largest mask %s\n",
        static_cast<unsigned long long>(id), double(seen.first) / GST_SECOND, double(seen.last) / GST_SECOND,
        seen.frames, seen.areas / seen.frames, seen.scores / seen.frames,
        std::hypot(seen.end.x - seen.start.x, seen.end.y - seen.start.y), seen.largest_mask.c_str());
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
      " ! appsink name=sink sync=false max-buffers=4",
      &error);
  if (error) {
    std::fprintf(stderr, "%s; is gst-vcl installed? (GST_PLUGIN_PATH)\n", error->message);
    return 1;
  }
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(source, "uri", argv[1], nullptr);

  Tracks tracks;
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = on_sample;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, &tracks, nullptr);
  const bool done = play(pipeline);
  print(tracks);
  return done ? 0 : 1;
}
