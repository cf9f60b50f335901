// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Counts the tracks that cross a line or are in a zone, as examples/python/count.py, whose first lines say what a count
// means when ids switch.
//
//   g++ -std=c++20 count.cpp $(pkg-config --cflags --libs gst-vcl-1.0 gstreamer-app-1.0) -o count
//   ./count file:///path/of/video.mp4 line 320,0,320,480     (X1,Y1,X2,Y2, in pixels of the video)
//   ./count file:///path/of/video.mp4 zone 100,100,200,150   (X,Y,WIDTH,HEIGHT)
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/vcl/gstvclinstancesmeta.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>

namespace {

struct Point {
  double x = 0, y = 0;
};

/// Whether `point` is to the right of the line from a to b. y grows downwards.
bool is_right(Point a, Point b, Point point) {
  return (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 0;
}

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void note(std::uint64_t track, Point place) = 0;
  virtual void print() const = 0;
};

class Line : public Counter {
 public:
  Line(Point first, Point second) : first_(first), second_(second) {}

  void note(std::uint64_t track, Point place) override {
    const auto [seen, is_new] = places_.try_emplace(track, place);
    const Point before = seen->second;
    seen->second = place;
    const bool to_right = is_right(first_, second_, place);
    const bool changes_side = is_right(first_, second_, before) != to_right;
    // The step must not pass beside the ends of the line.
    if (changes_side && is_right(before, place, first_) != is_right(before, place, second_))
      (to_right ? right_ : left_).insert(track);
  }

  void print() const override { std::printf("to the left: %zu\nto the right: %zu\n", left_.size(), right_.size()); }

 private:
  Point first_, second_;
  std::map<std::uint64_t, Point> places_;
  std::set<std::uint64_t> left_, right_;
};

class Zone : public Counter {
 public:
  Zone(Point corner, Point size) : corner_(corner), size_(size) {}

  void note(std::uint64_t track, Point place) override {
    const double x = place.x - corner_.x, y = place.y - corner_.y;
    if (0 <= x && x < size_.x && 0 <= y && y < size_.y) ++frames_[track];
  }

  void print() const override {
    std::printf("in the zone: %zu\n", frames_.size());
    for (const auto& [track, frames] : frames_)
      std::printf("track %llu: %d frames\n", static_cast<unsigned long long>(track), frames);
  }

 private:
  Point corner_, size_;
  std::map<std::uint64_t, int> frames_;
};

/// Called by the streaming thread for every frame.
GstFlowReturn on_sample(GstAppSink* sink, gpointer counter) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(gst_sample_get_buffer(sample));
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    GstVclBox box;
    gst_vcl_instance_get_box(instance, &box);
    static_cast<Counter*>(counter)->note(gst_vcl_instance_get_track_id(instance),
                                         {box.x + box.width / 2.0, box.y + box.height / 2.0});
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

int run(const char* uri, Counter& counter) {
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
  g_object_set(source, "uri", uri, nullptr);
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = on_sample;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, &counter, nullptr);
  if (!play(pipeline)) return 1;
  counter.print();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  Point first, second;
  char more = 0;
  const std::string kind = argc == 4 ? argv[2] : "";
  if ((kind != "line" && kind != "zone") ||
      std::sscanf(argv[3], "%lf,%lf,%lf,%lf%c", &first.x, &first.y, &second.x, &second.y, &more) != 4) {
    std::fprintf(stderr, "usage: count URI line X1,Y1,X2,Y2 | count URI zone X,Y,WIDTH,HEIGHT\n");
    return 2;
  }
  Line line(first, second);
  Zone zone(first, second);
  return run(argv[1], kind == "line" ? static_cast<Counter&>(line) : zone);
}
