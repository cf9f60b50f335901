// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-sei-write and vcl-sei-read: results travel in encoded video, through files and RTP, and come back the same.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check_util.hpp"
#include "vcl/packed_frame.hpp"
#include "vcl/sei.hpp"

namespace {

const std::string kSource =
    "videotestsrc pattern=ball num-buffers=12 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "
    "vcl-vis-segment window=1 name=sent ! ";

struct Seen {
  guint64 track_id;
  gfloat score;
  guint flags;
  std::string rle;
  bool operator==(const Seen&) const = default;
};
using Frames = std::map<guint64, std::vector<Seen>>;  // by the number that the sender gave

GstPadProbeReturn record(GstPad*, GstPadProbeInfo* info, gpointer frames) {
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (!meta) return GST_PAD_PROBE_OK;
  std::vector<Seen>& seen = (*static_cast<Frames*>(frames))[meta->frame];
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    seen.push_back({gst_vcl_instance_get_track_id(instance), gst_vcl_instance_get_score(instance),
                    guint(gst_vcl_instance_get_flags(instance)), gst_vcl_instance_get_rle(instance)});
  }
  return GST_PAD_PROBE_OK;
}

void watch(GstElement* pipeline, const char* name, Frames& frames) {
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), name);
  if (!element) return;
  GstPad* pad = gst_element_get_static_pad(element, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, record, &frames, nullptr);
  gst_object_unref(pad);
  gst_object_unref(element);
}

/// Plays a pipeline to its end. Records the metadata behind the elements named "sent" and "got".
void play(const std::string& line, Frames& sent, Frames& got) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
  fail_unless(error == nullptr, "%s", error ? error->message : "");
  watch(pipeline, "sent", sent);
  watch(pipeline, "got", got);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  check::wait_for_eos(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}

/// Returns whether all elements are installed, and says which one is not.
bool have(const std::vector<std::string>& elements) {
  return std::ranges::all_of(elements, [](const std::string& element) {
    GstElementFactory* factory = gst_element_factory_find(element.c_str());
    if (!factory) g_print("skipped: there is no %s\n", element.c_str());
    if (factory) gst_object_unref(factory);
    return factory != nullptr;
  });
}

void assert_equal(const Frames& sent, const Frames& got) {
  fail_unless_equals_int(int(sent.size()), 12);
  fail_unless_equals_int(int(got.size()), 12);
  fail_unless(sent.begin()->second.size() == 1);
  fail_unless(sent == got);
}

}  // namespace

// Through MP4 files, where frames are reordered (bframes), in both codecs; masks, ids, scores and flags are equal.
GST_START_TEST(test_files) {
  const check::TemporaryFolder folder;
  for (const std::string codec : {"h264", "h265"}) {
    const std::string encoder = codec == "h264" ? "x264enc" : "x265enc";
    const std::string file = folder / (codec + ".mp4"), parse = codec + "parse";
    if (!have({encoder, parse, "mp4mux", "qtdemux", "avdec_" + codec})) continue;
    Frames sent, got;
    const std::string options = codec == "h264" ? " bframes=2" : "";
    play(fmt::format("{}{}{} ! vcl-sei-write max-bytes=65536 ! {} ! mp4mux ! filesink location={}", kSource, encoder,
                     options, parse, file),
         sent, got);
    play(fmt::format("filesrc location={} ! qtdemux ! {} ! vcl-sei-read ! avdec_{} ! identity name=got ! fakesink",
                     file, parse, codec),
         sent, got);
    assert_equal(sent, got);
    if (codec == "h265") continue;  // h265parse of 1.22 attaches no SEI metas
    Frames behind_decoder;
    play("filesrc location=" + file + " ! qtdemux ! h264parse ! avdec_h264 ! vcl-sei-read name=got ! fakesink", sent,
         behind_decoder);
    assert_equal(sent, behind_decoder);
  }
}
GST_END_TEST;

// As byte-stream through a plain file, and over RTP, which sends NAL units one by one.
GST_START_TEST(test_streams) {
  if (!have({"x264enc", "h264parse", "rtph264pay", "rtph264depay", "gdppay", "gdpdepay"})) return;
  const check::TemporaryFolder folder;
  for (const std::string format : {"byte-stream", "avc"}) {
    Frames sent, got;
    const std::string file = folder / format;
    play(fmt::format(
             "{}x264enc key-int-max=5 ! video/x-h264,stream-format={} ! vcl-sei-write max-bytes=65536 ! h264parse "
             "! rtph264pay config-interval=-1 mtu=300 ! gdppay ! filesink location={}",
             kSource, format, file),
         sent, got);
    play(fmt::format("filesrc location={} ! gdpdepay ! rtph264depay ! h264parse ! vcl-sei-read name=got ! fakesink",
                     file),
         sent, got);
    assert_equal(sent, got);
  }
}
GST_END_TEST;

// With few bytes per frame, the mask is coarse and says so.
GST_START_TEST(test_few_bytes) {
  if (!have({"x264enc", "h264parse"})) return;
  Frames sent, got;
  const check::TemporaryFolder folder;
  const std::string file = folder / "small.h264";
  play(kSource +
           "x264enc ! vcl-sei-write max-bytes=64 ! h264parse ! video/x-h264,stream-format=byte-stream ! filesink "
           "location=" +
           file,
       sent, got);
  play("filesrc location=" + file + " ! h264parse ! vcl-sei-read name=got ! fakesink", sent, got);
  fail_unless_equals_int(int(got.size()), 12);
  for (const auto& [frame, instances] : got) {
    fail_unless_equals_int(int(instances.size()), 1);
    fail_unless(instances[0].track_id == sent[frame][0].track_id);
    fail_unless((instances[0].flags & GST_VCL_INSTANCE_FLAG_COARSE) != 0);
  }
}
GST_END_TEST;

// Where not even boxes fit, the best-scored remain, and the frame says that it lacks some.
GST_START_TEST(test_boxes_alone) {
  const std::string caps = check::caps_string("RGB", 64, 48);
  GstHarness* harness = check::start("vcl-vis-segment window=1 ! vcl-sei-write max-bytes=64 ! vcl-sei-read", caps);
  std::vector<GstVclBox> boxes;
  for (int i = 0; i < 7; ++i) boxes.push_back({9 * i, 3, 6, 20 + i});
  check::push_frames(harness, caps, 0, 0, boxes);
  GstBuffer* out = gst_harness_pull(harness);
  const GstVclInstancesMeta* meta = check::meta_of(out);
  const guint n = gst_vcl_instances_meta_get_n_instances(meta);
  fail_unless(meta->stale && n > 0 && n < 7);
  for (guint i = 0; i < n; ++i)
    fail_unless(
        (gst_vcl_instance_get_flags(gst_vcl_instances_meta_get_instance(meta, i)) & GST_VCL_INSTANCE_FLAG_BOX) != 0);
  GstStructure* fields = gst_vcl_instances_meta_to_structure(meta);
  const GValue* entry = gst_structure_get_value(fields, "instance-0");
  fail_unless_equals_string(gst_structure_get_string(gst_value_get_structure(entry), "form"), "box");
  gst_structure_free(fields);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// On raw video, the results are a meta for others' inserters, and are read from it, too.
GST_START_TEST(test_raw) {
  const std::string caps = check::caps_string("RGB", 64, 48);
  GstHarness* harness = check::start("vcl-vis-segment window=1 ! vcl-sei-write", caps);
  check::push_frames(harness, caps, 0, 0, {{4, 6, 20, 10}});
  GstBuffer* frame = gst_harness_pull(harness);
  GstVideoSEIUserDataUnregisteredMeta* sei = gst_buffer_get_video_sei_user_data_unregistered_meta(frame);
  fail_unless(sei != nullptr);
  fail_unless(std::equal(vcl::kResultsUuid.begin(), vcl::kResultsUuid.end(), sei->uuid));
  const auto read = vcl::unpack_frame({sei->data, sei->size}, {64, 48});
  fail_unless(read && read->result.instances.size() == 1);
  const std::string rle = vcl::rle_to_string(read->result.instances[0].mask);
  fail_unless_equals_string(rle.c_str(),
                            gst_vcl_instance_get_rle(gst_vcl_instances_meta_get_instance(check::meta_of(frame), 0)));

  GstBuffer* received = gst_buffer_copy_region(frame, GST_BUFFER_COPY_MEMORY, 0, gsize(-1));
  gst_buffer_add_video_sei_user_data_unregistered_meta(received, sei->uuid, sei->data, sei->size);
  GstHarness* reader = check::start("vcl-sei-read", caps);
  fail_unless(gst_harness_push(reader, received) == GST_FLOW_OK);
  GstBuffer* out = gst_harness_pull(reader);
  fail_unless_equals_string(rle.c_str(),
                            gst_vcl_instance_get_rle(gst_vcl_instances_meta_get_instance(check::meta_of(out), 0)));
  gst_buffer_unref(out);
  gst_buffer_unref(frame);
  gst_harness_teardown(reader);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Garbage under our UUID, and results of another size, are no results; the video passes.
GST_START_TEST(test_foreign) {
  const std::string caps = check::caps_string("RGB", 64, 48);
  GstHarness* reader = check::start("vcl-sei-read", caps);
  vcl::Uuid uuid = vcl::kResultsUuid;
  std::vector<std::vector<guint8>> messages = {{},
                                               {1},
                                               {1, 0, 0, 0xff, 0xff, 0xff, 0xff},
                                               {2, 0, 0, 64, 48, 0},
                                               vcl::pack_frame({0, 0, {32, 24}, false, {}}, 64)};
  for (std::vector<guint8>& message : messages) {
    GstBuffer* buffer = check::numbered_frame(caps, 0, {});
    message.reserve(1);
    gst_buffer_add_video_sei_user_data_unregistered_meta(buffer, uuid.data(), message.data(), message.size());
    fail_unless(gst_harness_push(reader, buffer) == GST_FLOW_OK);
    GstBuffer* out = gst_harness_pull(reader);
    fail_unless(gst_buffer_get_vcl_instances_meta(out) == nullptr);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(reader);
}
GST_END_TEST;

// Of many messages, the last valid one of the last two counts.
GST_START_TEST(test_many_messages) {
  const std::string caps = check::caps_string("RGB", 64, 48);
  GstHarness* reader = check::start("vcl-sei-read", caps);
  vcl::Uuid uuid = vcl::kResultsUuid;
  constexpr int kGarbage = -1;
  const std::vector<std::pair<std::vector<int>, int>> cases = {
      {{1, 2, 3, 4}, 4}, {{1, 2, kGarbage}, 2}, {{kGarbage, kGarbage, 3}, 3}, {{1, kGarbage, kGarbage}, kGarbage}};
  for (const auto& [messages, expected] : cases) {
    GstBuffer* buffer = check::numbered_frame(caps, 0, {});
    for (const int number : messages) {
      std::vector<guint8> bytes = {9};
      if (number != kGarbage) bytes = vcl::pack_frame({guint64(number), 0, {64, 48}, false, {}}, 64);
      gst_buffer_add_video_sei_user_data_unregistered_meta(buffer, uuid.data(), bytes.data(), bytes.size());
    }
    fail_unless(gst_harness_push(reader, buffer) == GST_FLOW_OK);
    GstBuffer* out = gst_harness_pull(reader);
    const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(out);
    fail_unless_equals_int(meta ? int(meta->frame) : kGarbage, expected);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(reader);
}
GST_END_TEST;

// Bytes that are no access unit pass both elements; length-prefixed video without codec_data is not negotiated.
GST_START_TEST(test_bad_video) {
  for (const char* element : {"vcl-sei-read", "vcl-sei-write"}) {
    const std::string caps = "video/x-h264,stream-format=byte-stream,alignment=au,width=64,height=48";
    GstHarness* harness = check::start(element, caps);
    for (const std::string bytes : {"x", "garbage"}) {
      GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
      gst_buffer_add_vcl_instances_meta(buffer, 64, 48);
      fail_unless(gst_harness_push(harness, buffer) == GST_FLOW_OK);
      GstBuffer* out = gst_harness_pull(harness);
      fail_unless_equals_uint64(gst_buffer_get_size(out), bytes.size());
      gst_buffer_unref(out);
    }
    gst_harness_teardown(harness);
    harness = gst_harness_new(element);
    gst_harness_set_src_caps_str(harness, "video/x-h264,stream-format=avc,alignment=au,width=64,height=48");
    fail_unless(gst_harness_push(harness, gst_buffer_new_memdup("garbage", 7)) == GST_FLOW_NOT_NEGOTIATED);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

static Suite* sei_suite() {
  Suite* suite = suite_create("sei");
  TCase* tests = tcase_create("sei");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_files);
  tcase_add_test(tests, test_streams);
  tcase_add_test(tests, test_few_bytes);
  tcase_add_test(tests, test_boxes_alone);
  tcase_add_test(tests, test_raw);
  tcase_add_test(tests, test_foreign);
  tcase_add_test(tests, test_many_messages);
  tcase_add_test(tests, test_bad_video);
  return suite;
}

GST_CHECK_MAIN(sei)
