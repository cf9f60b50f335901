// SPDX-License-Identifier: LGPL-2.1-or-later
// The cost of vcl-vis-segment for a frame that it does not infer, so that it repeats the masks of the first frame.
// Compares the CPU time of a pipeline of 1080p frames with and without the element, alternating; prints the median of
// the differences.
//   element_cost PICTURE [RUNS]       (GST_PLUGIN_PATH_1_0=build/plugins, or in `meson devenv -C build`)
#include <fmt/format.h>
#include <gst/gst.h>
#include <gst/vcl/gstvclinstancesmeta.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kFrames = 600, kWarmUp = 30;
constexpr double kBudgetMs = 1000.0 / 30;
constexpr const char* kElement = "vcl-vis-segment window=1 stride=1 interval=1000000 threshold=0.05 max-instances=10";

double cpu_ms() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) { return 1e3 * double(time.tv_sec) + 1e-3 * double(time.tv_usec); };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

struct Run {
  int frames = 0;
  double start = 0, end = 0;
  guint instances = 0;
  guint64 mask_pixels = 0;
};

GstPadProbeReturn count(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& run = *static_cast<Run*>(data);
  if (++run.frames == kWarmUp) run.start = cpu_ms();
  if (run.frames != kFrames) return GST_PAD_PROBE_OK;
  run.end = cpu_ms();
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i, ++run.instances)
    run.mask_pixels += gst_vcl_instance_get_area(gst_vcl_instances_meta_get_instance(meta, i));
  return GST_PAD_PROBE_OK;
}

Run play(const std::string& picture, const std::string& element) {
  const std::string text =
      "filesrc name=file ! decodebin ! videoconvert ! videoscale add-borders=false ! "
      "video/x-raw,format=I420,width=1920,height=1080 ! imagefreeze num-buffers=" +
      std::to_string(kFrames) + " ! video/x-raw,framerate=30/1 ! " + element + " ! fakesink name=sink";
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) pipeline = gst_parse_launch(text.c_str(), &error);
  if (error) throw std::runtime_error(error->message);
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
  g_object_set(file, "location", picture.c_str(), nullptr);
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
  Run run;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, &run, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) gst_message_parse_error(message, &error, nullptr);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  if (error) throw std::runtime_error(error->message);
  return run;
}

double ms_a_frame(const Run& run) {
  return (run.end - run.start) / (kFrames - kWarmUp);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) try {
  gst_init(&argc, &argv);
  if (argc < 2) throw std::runtime_error("usage: element_cost PICTURE [RUNS]");
  const int runs = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
  std::vector<double> without, with, cost;
  Run last;
  for (int i = 0; i < runs; ++i) {
    without.push_back(ms_a_frame(play(argv[1], "identity")));
    last = play(argv[1], kElement);
    with.push_back(ms_a_frame(last));
    cost.push_back(with.back() - without.back());
  }
  fmt::print(
      "without {:.3f} ms a frame, with {:.3f}; the element costs {:.3f} ms: {:.2f} % of a frame at 30 frames/s\n",
      median(without), median(with), median(cost), 100 * median(cost) / kBudgetMs);
  fmt::print("{} instances a frame, their masks {:.0f} % of its pixels\n", last.instances,
             100.0 * double(last.mask_pixels) / (1920 * 1080));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "element_cost: {}\n", error.what());
  return 1;
}
