// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-vis-segment: the answer to the LATENCY query, when it changes, and that a live pipeline can go by it.
#include <gst/base/gstbasesink.h>
#include <gst/check/gsttestclock.h>

#include "check_util.hpp"

namespace {

const std::string kCaps = check::caps_string("GRAY8", 64, 48);
constexpr GstClockTime kUpstream = 10 * GST_MSECOND;

// An element alone with a bus, whose frames are gaps: nothing is inferred, so that only frames held back count.
struct Stream {
  explicit Stream(const std::string& element, const std::string& caps = kCaps)
      : harness(check::start(element, caps)), bus(gst_bus_new()), caps(caps) {
    gst_element_set_bus(harness->element, bus);
    gst_harness_set_upstream_latency(harness, kUpstream);
  }
  ~Stream() {
    gst_element_set_bus(harness->element, nullptr);
    gst_object_unref(bus);
    gst_harness_teardown(harness);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void push(int first, int last, GstClockTime duration = 40 * GST_MSECOND) {
    for (int n = first; n <= last; ++n) {
      GstBuffer* frame = check::numbered_frame(caps, n, {});
      GST_BUFFER_PTS(frame) = GstClockTime(n) * duration;
      GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_GAP);
      fail_unless_equals_int(gst_harness_push(harness, frame), GST_FLOW_OK);
    }
  }
  void set_caps(const std::string& now) {
    caps = now;
    gst_harness_set_src_caps_str(harness, now.c_str());
  }
  GstClockTime added() const { return gst_harness_query_latency(harness) - kUpstream; }
  // How many messages of the type were posted since the last call.
  int posted(GstMessageType type) const {
    int messages = 0;
    for (; GstMessage* message = gst_bus_pop_filtered(bus, type); ++messages) gst_message_unref(message);
    return messages;
  }

  GstHarness* harness;
  GstBus* bus;
  std::string caps;
};

struct Arrivals {
  GstElement* pipeline;
  GstBaseSink* sink;
  guint frames = 0, late = 0;
};

// Late is what comes after the time at which the sink is to show it, less the frame of latency that the source claims
// for itself but does not need. The first frame prerolls the sink, which asks for the latency only then.
GstPadProbeReturn note_arrival(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& arrivals = *static_cast<Arrivals*>(data);
  if (++arrivals.frames == 1) return GST_PAD_PROBE_OK;
  g_autoptr(GstClock) clock = gst_element_get_clock(arrivals.pipeline);
  const GstClockTime shown = gst_element_get_base_time(arrivals.pipeline) +
                             GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) + gst_base_sink_get_latency(arrivals.sink);
  arrivals.late += gst_clock_get_time(clock) + 40 * GST_MSECOND > shown;
  return GST_PAD_PROBE_OK;
}

// Plays a live source into a sink that synchronises, by a clock that stands still while anything moves. Returns how
// many frames came too late.
guint play_live(const std::string& element, int frames) {
  const std::string text = "videotestsrc is-live=true pattern=ball num-buffers=" + std::to_string(frames) + " ! " +
                           kCaps + " ! " + element + " ! fakesink name=s sync=true processing-deadline=0";
  GstElement* pipeline = gst_parse_launch(text.c_str(), nullptr);
  fail_unless(pipeline != nullptr);
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
  Arrivals arrivals{pipeline, GST_BASE_SINK(sink)};
  g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note_arrival, &arrivals, nullptr);
  auto* clock = GST_TEST_CLOCK(gst_test_clock_new());
  gst_pipeline_use_clock(GST_PIPELINE(pipeline), GST_CLOCK(clock));
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  for (bool ended = false; !ended;) {
    while (GstMessage* message = gst_bus_pop(bus)) {
      fail_if(GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR);
      if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) gst_bin_recalculate_latency(GST_BIN(pipeline));
      ended |= GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
      gst_message_unref(message);
    }
    if (!gst_test_clock_peek_next_pending_id(clock, nullptr) || gst_bus_have_pending(bus))
      g_usleep(1000);
    else
      gst_test_clock_crank(clock);
  }
  fail_unless_equals_int(arrivals.frames, frames);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  gst_object_unref(clock);
  return arrivals.late;
}

}  // namespace

// window - 1 frames on top of upstream's latency; new caps change it however little, and say so.
GST_START_TEST(test_new_frame_rate) {
  Stream stream("vcl-vis-segment window=4");
  fail_unless_equals_uint64(stream.added(), 3 * 40 * GST_MSECOND);
  stream.push(0, 5);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 0);
  stream.set_caps(check::caps_string("GRAY8", 64, 48, "framerate=24/1"));
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 1);
  fail_unless_equals_uint64(stream.added(), 3 * (GST_SECOND / 24));
  stream.set_caps(check::caps_string("GRAY8", 96, 64, "framerate=24/1"));
  stream.push(6, 9);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 0);
}
GST_END_TEST;

// Another model, here its window, in an element of a pipeline that goes on.
GST_START_TEST(test_new_model) {
  Stream stream("vcl-vis-segment window=4");
  fail_unless_equals_uint64(stream.added(), 3 * 40 * GST_MSECOND);
  g_autoptr(GstElement) element = gst_harness_find_element(stream.harness, "vcl-vis-segment");
  for (const guint window : {2u, 1u, 6u}) {
    gst_element_set_state(element, GST_STATE_READY);
    g_object_set(element, "window", window, nullptr);
    gst_element_set_state(element, GST_STATE_PLAYING);
    gst_harness_push_event(stream.harness, gst_event_new_stream_start("again"));
    stream.set_caps(kCaps);
    fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 1);
    fail_unless_equals_uint64(stream.added(), (window - 1) * 40 * GST_MSECOND);
  }
}
GST_END_TEST;

// Frames between inferred ones are held back with them; an interval may change at any time.
GST_START_TEST(test_interval) {
  Stream stream("vcl-vis-segment window=3 interval=4");
  fail_unless_equals_uint64(stream.added(), 2 * 4 * 40 * GST_MSECOND);
  g_autoptr(GstElement) element = gst_harness_find_element(stream.harness, "vcl-vis-segment");
  g_object_set(element, "interval", 2u, nullptr);
  stream.push(0, 0);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 1);
  fail_unless_equals_uint64(stream.added(), 2 * 2 * 40 * GST_MSECOND);
  g_object_set(element, "interval", guint(G_MAXINT), nullptr);
  stream.push(1, 1);
  fail_unless(stream.added() > 1000 * 3600 * GST_SECOND / 4 && stream.added() < GST_CLOCK_TIME_NONE / 2);
}
GST_END_TEST;

// Caps without a frame rate: nothing is known before two frames came; then it follows their times.
GST_START_TEST(test_unknown_frame_rate) {
  Stream stream("vcl-vis-segment window=11", check::caps_string("GRAY8", 64, 48, "framerate=0/1"));
  fail_unless_equals_uint64(stream.added(), 0);
  stream.push(0, 1);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 1);
  fail_unless_equals_uint64(stream.added(), 10 * 40 * GST_MSECOND);
  stream.push(2, 20);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_LATENCY), 0);
  stream.push(9, 60, 100 * GST_MSECOND);
  fail_unless(stream.posted(GST_MESSAGE_LATENCY) > 0);
  fail_unless(stream.added() > 750 * GST_MSECOND && stream.added() <= GST_SECOND);
}
GST_END_TEST;

// mode=whole adds nothing that can be told; one warning says that it is not for live streams.
GST_START_TEST(test_whole) {
  Stream stream("vcl-vis-segment mode=whole");
  stream.push(0, 5);
  fail_unless_equals_uint64(stream.added(), 0);
  fail_unless_equals_uint64(stream.added(), 0);
  fail_unless_equals_int(stream.posted(GST_MESSAGE_WARNING), 1);
  Stream windowed("vcl-vis-segment");
  windowed.added();
  fail_unless_equals_int(windowed.posted(GST_MESSAGE_WARNING), 0);
}
GST_END_TEST;

// The sink of a live pipeline gets every frame in time, whatever is held back.
GST_START_TEST(test_live_pipeline) {
  for (const char* settings : {"window=1", "window=2", "window=7", "window=3 interval=2", "window=2 interval=5"})
    fail_unless(play_live(std::string("vcl-vis-segment ") + settings, 20) == 0, "%s", settings);
}
GST_END_TEST;

static Suite* vis_segment_latency_suite() {
  Suite* suite = suite_create("vis_segment_latency");
  TCase* tests = tcase_create("latency");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_new_frame_rate);
  tcase_add_test(tests, test_new_model);
  tcase_add_test(tests, test_interval);
  tcase_add_test(tests, test_unknown_frame_rate);
  tcase_add_test(tests, test_whole);
  tcase_add_test(tests, test_live_pipeline);
  return suite;
}

GST_CHECK_MAIN(vis_segment_latency)
