// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-export: the files it writes, and what happens when it cannot.
#include <glib/gstdio.h>

#include "check_util.hpp"
#include "vcl/json.hpp"

namespace {

const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}, {40, 30, 8, 8}};
const std::string kCaps = check::caps_string("RGB", 64, 48);

std::vector<vcl::FrameResult> read_json_lines(const std::string& path) {
  std::istringstream text(check::read_file(path));
  std::vector<vcl::FrameResult> frames;
  for (std::string line; std::getline(text, line);) frames.push_back(vcl::frame_from_json(line));
  return frames;
}

GstHarness* exporter(const std::string& properties) {
  return check::start("vcl-vis-segment window=1 ! vcl-export " + properties, kCaps);
}

// The colours of the palette.
GstBuffer* decode_png(const std::string& path) {
  GstElement* pipeline = gst_parse_launch(
      ("filesrc location=" + path + " ! pngdec ! videoconvert ! video/x-raw,format=RGB ! appsink name=s").c_str(),
      nullptr);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstSample* sample = nullptr;
  g_signal_emit_by_name(sink, "pull-sample", &sample);
  fail_unless(sample != nullptr, "cannot decode %s", path.c_str());
  GstBuffer* buffer = gst_buffer_ref(gst_sample_get_buffer(sample));
  gst_sample_unref(sample);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  return buffer;
}

}  // namespace

// One line a frame, readable while the pipeline still runs, saying what the metas said.
GST_START_TEST(test_json_lines) {
  const check::TemporaryFolder folder;
  const std::string path = folder / "out.jsonl";
  GstHarness* harness = exporter("json-location=" + path);
  check::push_frames(harness, kCaps, 0, 2, kBoxes);
  const auto frames = read_json_lines(path);
  fail_unless_equals_int(int(frames.size()), 3);
  for (std::size_t n = 0; n < frames.size(); ++n) {
    fail_unless(frames[n].frame == n && frames[n].pts == std::int64_t(n * 40 * GST_MSECOND));
    fail_unless(frames[n].size == (vcl::Size{64, 48}));
    fail_unless_equals_int(int(frames[n].instances.size()), 2);
    GstBuffer* out = gst_harness_pull(harness);
    for (guint i = 0; i < 2; ++i) {
      const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(check::meta_of(out), i);
      fail_unless(vcl::rle_to_string(frames[n].instances[i].mask) == gst_vcl_instance_get_rle(instance));
      fail_unless_equals_uint64(frames[n].instances[i].track_id, gst_vcl_instance_get_track_id(instance));
    }
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// YouTube-VIS results are there after EOS, and after a stop without EOS. An earlier file stays until then, and is not
// replaced by a stream of no frames.
GST_START_TEST(test_ytvis) {
  for (const int run : {0, 1, 2, 3}) {
    const bool eos = run % 2 == 0, has_earlier = run >= 2;
    const check::TemporaryFolder folder;
    const std::string path = folder / "out.json";
    if (has_earlier) {
      fail_unless(g_file_set_contents(path.c_str(), "earlier", -1, nullptr));
      gst_harness_teardown(exporter("ytvis-location=" + path));
    }
    GstHarness* harness = exporter("ytvis-location=" + path);
    check::push_frames(harness, kCaps, 0, 3, kBoxes);
    if (has_earlier) fail_unless(check::read_file(path) == "earlier");
    if (!has_earlier) fail_unless(!g_file_test(path.c_str(), G_FILE_TEST_EXISTS));
    if (eos) gst_harness_push_event(harness, gst_event_new_eos());
    if (!eos) gst_harness_teardown(harness);
    const std::string text = check::read_file(path);
    fail_unless(text.find("\"segmentations\"") != std::string::npos && text.find("\"video_id\"") != std::string::npos,
                "%s", text.c_str());
    if (eos) gst_harness_teardown(harness);
    fail_unless(check::read_file(path) == text);
  }
}
GST_END_TEST;

// A stream of no frames has YouTube-VIS results, too.
GST_START_TEST(test_ytvis_of_no_frames) {
  const check::TemporaryFolder folder;
  gst_harness_teardown(exporter("ytvis-location=" + (folder / "out.json")));
  fail_unless(check::read_file(folder / "out.json") == "[]");
}
GST_END_TEST;

// Index images: one colour a track, black elsewhere; a folder and a pattern.
GST_START_TEST(test_masks) {
  const check::TemporaryFolder top;
  const std::string folder = top / "deep/er";
  GstHarness* harness = exporter("masks-location=" + folder);
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  gst_harness_teardown(harness);
  const std::string bytes = check::read_file(folder + "/00001.png");
  fail_unless(bytes.size() > 33 && bytes[24] == 8 && bytes[25] == 3, "not an 8-bit palette image");

  GstBuffer* image = decode_png(folder + "/00001.png");
  GstMapInfo map;
  gst_buffer_map(image, &map, GST_MAP_READ);
  const auto at = [&](int x, int y) {
    const guint8* pixel = map.data + y * 192 + x * 3;
    return pixel[0] << 16 | pixel[1] << 8 | pixel[2];
  };
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) {
      const auto in = [&](const GstVclBox& box) {
        return x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
      };
      const int expected = in(kBoxes[0]) ? at(4, 6) : in(kBoxes[1]) ? at(40, 30) : 0;
      fail_unless(at(x, y) == expected, "wrong pixel at %d,%d", x, y);
    }
  fail_unless(at(4, 6) != at(40, 30) && at(4, 6) != 0 && at(40, 30) != 0);
  gst_buffer_unmap(image, &map);
  gst_buffer_unref(image);

  harness = exporter("masks-location=" + (top / "m-%03d.png"));
  check::push_frames(harness, kCaps, 0, 0, kBoxes);
  gst_harness_teardown(harness);
  check::read_file(top / "m-000.png");

  fail_unless(g_mkdir((top / "d1").c_str(), 0777) == 0);
  harness = exporter("masks-location=" + (top / "d%d/m.png"));
  check::push_frames(harness, kCaps, 0, 1, kBoxes);
  gst_harness_teardown(harness);
  for (const char* path : {"d0/m.png", "d1/m.png"}) check::read_file(top / path);
}
GST_END_TEST;

// A pattern from outside is no printf format.
GST_START_TEST(test_bad_patterns) {
  for (const char* pattern : {"/tmp/x%s.png", "/tmp/%n.png", "/tmp/%d-%d.png", "/tmp/%", "/tmp/%0999999d.png"}) {
    const std::string text = check::error_of(std::string("vcl-export masks-location=") + pattern, GST_RESOURCE_ERROR,
                                             GST_RESOURCE_ERROR_SETTINGS);
    fail_unless(text.find(pattern) != std::string::npos, "%s", text.c_str());
  }
}
GST_END_TEST;

// Places that cannot be written are errors that name them, before the first frame.
GST_START_TEST(test_unwritable) {
  for (const char* property : {"json-location", "ytvis-location", "masks-location"}) {
    const std::string text = check::error_of(std::string("vcl-export ") + property + "=/proc/nowhere/out",
                                             GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);
    fail_unless(text.find("/proc/nowhere/out") != std::string::npos, "%s", text.c_str());
  }
}
GST_END_TEST;

// A full disk is an error that names the file; devices are never replaced.
GST_START_TEST(test_disk_full) {
  const std::string text =
      check::error_of("vcl-export json-location=/dev/full", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fail_unless(text.find("/dev/full") != std::string::npos, "%s", text.c_str());
  check::error_of("vcl-export ytvis-location=/dev/full", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  GStatBuf info;
  fail_unless(g_stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode));
}
GST_END_TEST;

// Without a segmenter upstream every frame is empty, and one warning says why.
GST_START_TEST(test_without_meta) {
  const check::TemporaryFolder folder;
  const std::string path = folder / "out.jsonl";
  GstHarness* harness = check::start("vcl-export json-location=" + path, kCaps);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  check::push_frames(harness, kCaps, 0, 2, {});
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
  fail_unless(message != nullptr);
  gst_message_unref(message);
  fail_unless(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING) == nullptr);
  const auto frames = read_json_lines(path);
  fail_unless_equals_int(int(frames.size()), 3);
  fail_unless(frames[2].instances.empty() && frames[2].frame == 2 && frames[2].size == (vcl::Size{64, 48}));
  gst_element_set_bus(harness->element, nullptr);
  gst_object_unref(bus);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// `pts` of a line is the time in the video, as a player shows it; that of the buffers stays.
GST_START_TEST(test_time_in_video) {
  const check::TemporaryFolder folder;
  const std::string path = folder / "out.jsonl";
  GstHarness* harness = exporter("json-location=" + path);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 2 * 40 * GST_MSECOND;
  segment.time = GST_SECOND;
  fail_unless(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
  check::push_frames(harness, kCaps, 1, 3, kBoxes);
  const auto frames = read_json_lines(path);
  for (int n = 0; n < 3; ++n) {
    fail_unless_equals_int64(frames[n].pts, std::int64_t(GST_SECOND) + (n - 1) * 40 * std::int64_t(GST_MSECOND));
    GstBuffer* out = gst_harness_pull(harness);
    fail_unless_equals_uint64(GST_BUFFER_PTS(out), (n + 1) * 40 * GST_MSECOND);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* export_suite() {
  Suite* suite = suite_create("export");
  TCase* tests = tcase_create("export");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_json_lines);
  tcase_add_test(tests, test_time_in_video);
  tcase_add_test(tests, test_ytvis);
  tcase_add_test(tests, test_ytvis_of_no_frames);
  tcase_add_test(tests, test_masks);
  tcase_add_test(tests, test_bad_patterns);
  tcase_add_test(tests, test_unwritable);
  tcase_add_test(tests, test_disk_full);
  tcase_add_test(tests, test_without_meta);
  return suite;
}

GST_CHECK_MAIN(export)
