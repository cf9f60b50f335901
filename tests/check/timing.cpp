// SPDX-License-Identifier: LGPL-2.1-or-later
// How long frames take, which are too late for inference, and what latency that makes: by numbers, without a clock.
#include <algorithm>
#include <initializer_list>
#include <random>
#include <vector>

#include <gst/check/gstcheck.h>

#include "plugins/timing/latency.hpp"
#include "plugins/timing/lateness.hpp"

namespace {

using gstvcl::FrameTimes;
using gstvcl::Latency;
using gstvcl::Lateness;

constexpr GstClockTime ms(guint64 count) {
  return count * GST_MSECOND;
}

void set_frame_rate(FrameTimes& times, gint numerator, gint denominator) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, 64, 48);
  GST_VIDEO_INFO_FPS_N(&info) = numerator;
  GST_VIDEO_INFO_FPS_D(&info) = denominator;
  times.set_caps(info);
}

void send_qos(Lateness& lateness, GstClockTimeDiff diff, GstClockTime running_time) {
  g_autoptr(GstEvent) event = gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.0, diff, running_time);
  lateness.qos(event);
}

/// A live source of 25 frames/s before an element, on a clock of numbers: frame n is there `lag` after its time, or
/// when the element has passed on the one before. Passing on takes `transit`, inference `inference` more.
struct LiveStream {
  LiveStream() { set_frame_rate(times, 25, 1), lateness.set_live(true); }

  /// The running times, in seconds, at which frames were inferred.
  std::vector<double> play(int frames, GstClockTime lag, GstClockTime transit, GstClockTime inference) {
    std::vector<double> inferred;
    for (const int end = next + frames; next < end; ++next) {
      now = std::max(now, ms(40) * guint(next) + lag);
      if (!lateness.is_late(ms(40) * guint(next), now)) {
        lateness.infers(now);
        inferred.push_back(double(now) / GST_SECOND);
        times.inference_took(inference);
        now += inference;
      }
      now += transit;
    }
    return inferred;
  }

  FrameTimes times;
  Lateness lateness{times};
  int next = 0;
  GstClockTime now = 0;
};

double longest_pause(const std::vector<double>& inferred) {
  double longest = 0;
  for (std::size_t n = 1; n < inferred.size(); ++n) longest = std::max(longest, inferred[n] - inferred[n - 1]);
  return longest;
}

}  // namespace

// The caps tell the duration of a frame; without a frame rate the timestamps do, but for jumps and steps back.
GST_START_TEST(test_frame_duration) {
  FrameTimes times;
  fail_unless_equals_uint64(times.frame(), 0);
  for (const GstClockTime pts :
       std::initializer_list<GstClockTime>{ms(0), ms(40), ms(30), 9000 * GST_SECOND, GST_CLOCK_TIME_NONE, ms(90)})
    times.frame_arrived(pts);
  fail_unless_equals_uint64(times.frame(), ms(40));
  times.frame_arrived(ms(90 + 120));
  fail_unless_equals_uint64(times.frame(), ms(50));  // an eighth of the way
  times.flush();
  times.frame_arrived(ms(900));
  fail_unless_equals_uint64(times.frame(), ms(50));
  set_frame_rate(times, 25, 1);
  times.frame_arrived(ms(950));
  fail_unless(times.frame() == ms(40) && !times.is_measured());
  set_frame_rate(times, 1, G_MAXINT);  // years
  fail_unless(times.frame() == 0 && times.is_measured());
}
GST_END_TEST;

// Times fall slowly and rise at once.
GST_START_TEST(test_inference_peak) {
  FrameTimes times;
  times.inference_took(ms(64));
  times.inference_took(ms(1));
  fail_unless_equals_uint64(times.inference(), ms(62));
  times.inference_took(ms(100));
  fail_unless_equals_uint64(times.inference(), ms(100));
  times.reset();
  fail_unless_equals_uint64(times.inference(), 0);
}
GST_END_TEST;

// 100 ms late at 0: what comes before twice that and a frame is given up; a sink in time takes that back.
GST_START_TEST(test_late_for_the_sink) {
  FrameTimes times;
  Lateness lateness(times);
  set_frame_rate(times, 25, 1);
  fail_if(lateness.is_late(0, GST_CLOCK_TIME_NONE));
  send_qos(lateness, GstClockTimeDiff(ms(100)), 0);
  fail_unless(lateness.is_late(ms(240) - 1, GST_CLOCK_TIME_NONE));
  fail_if(lateness.is_late(ms(240), GST_CLOCK_TIME_NONE));
  fail_if(lateness.is_late(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
  send_qos(lateness, -GstClockTimeDiff(ms(30)), ms(200));
  fail_unless(lateness.is_late(ms(170) - 1, GST_CLOCK_TIME_NONE));
  fail_if(lateness.is_late(ms(170), GST_CLOCK_TIME_NONE));
  send_qos(lateness, G_MAXINT64, GST_CLOCK_TIME_NONE - 1);
  fail_unless(lateness.is_late(GST_CLOCK_TIME_NONE - 2, GST_CLOCK_TIME_NONE));
  lateness.flush();
  fail_if(lateness.is_late(0, GST_CLOCK_TIME_NONE));
}
GST_END_TEST;

// In a live pipeline a lag that stays is the source's; one above it by more than an inference is ours.
GST_START_TEST(test_lag) {
  FrameTimes times;
  Lateness lateness(times);
  set_frame_rate(times, 25, 1);
  times.inference_took(ms(100));
  fail_if(lateness.is_late(0, 9000 * GST_SECOND), "not live");
  lateness.set_live(true);
  for (guint n = 1; n < 50; ++n) fail_if(lateness.is_late(ms(40 * n), ms(40 * n + 3000)), "a lag that stays");
  fail_if(lateness.is_late(ms(2000), ms(2000 + 3000 + 100)));
  fail_unless(lateness.is_late(ms(2040), ms(2040 + 3000 + 101)));
  fail_if(lateness.is_late(ms(2080), ms(2080 + 10)));
  fail_unless(lateness.is_late(ms(2120), ms(2120 + 3000)), "the least lag counts");
  lateness.flush();
  fail_if(lateness.is_late(ms(2160), ms(2160 + 3000)));
  lateness.reset();
  fail_if(lateness.is_late(ms(2200), 9000 * GST_SECOND), "no longer known to be live");
}
GST_END_TEST;

// A lag that rises and stays is the source's after two seconds, and until then a frame is inferred now and then.
GST_START_TEST(test_lasting_lag) {
  LiveStream stream;
  fail_unless_equals_int(stream.play(100, 0, ms(1), ms(30)).size(), 100);
  const auto adapting = stream.play(75, ms(500), ms(1), ms(30));  // three seconds
  fail_unless(adapting.size() > 25 && adapting.size() < 75 && longest_pause(adapting) < 0.25);
  fail_unless_equals_int(stream.play(100, ms(500), ms(1), ms(30)).size(), 100);
  fail_unless_equals_int(stream.play(100, 0, ms(1), ms(30)).size(), 100);
}
GST_END_TEST;

// Inference that takes longer than a frame takes all the time there is, and the stream keeps up.
GST_START_TEST(test_slow_inference) {
  LiveStream stream;
  const auto inferred = stream.play(1000, 0, ms(1), ms(100));
  fail_unless(inferred.size() > 300 && inferred.size() <= 400);
  fail_unless(longest_pause(inferred) < 0.5);
  fail_unless(stream.now < ms(40) * 1000 + ms(400), "it fell behind");
}
GST_END_TEST;

// What comes slower than real time for good is inferred for a fifth of the time, evenly.
GST_START_TEST(test_slow_stream) {
  LiveStream stream;
  const auto inferred = stream.play(1000, 0, ms(50), ms(60));
  const double seconds = double(stream.now) / GST_SECOND;
  fail_unless(double(inferred.size()) > 0.15 * seconds / 0.06);
  fail_unless(longest_pause(inferred) < 0.5);
}
GST_END_TEST;

// A sink that is always late, too.
GST_START_TEST(test_always_late_for_the_sink) {
  LiveStream stream;
  std::vector<double> inferred;
  for (int n = 0; n < 500; ++n) {
    send_qos(stream.lateness, GstClockTimeDiff(ms(100)), ms(40) * guint(n));
    for (const double time : stream.play(1, 0, ms(1), ms(30))) inferred.push_back(time);
  }
  fail_unless(inferred.size() > 80 && inferred.size() < 140);
  fail_unless(longest_pause(inferred) < 0.25);
}
GST_END_TEST;

// Whatever the lag does, no frame waits for inference for longer than five of them take, or frames do.
GST_START_TEST(test_no_lag_stops_inference) {
  std::mt19937 random(20);
  for (int round = 0; round < 200; ++round) {
    LiveStream stream;
    std::vector<double> inferred;
    const GstClockTime inference = ms(random() % 300);
    for (int part = 0; part < 20; ++part)
      for (const double time : stream.play(int(random() % 40), ms(random() % 3000), ms(random() % 60), inference))
        inferred.push_back(time);
    // A source that hands over its next frame only seconds later does not count.
    fail_unless(longest_pause(inferred) < 3.0 + 6 * double(std::max(inference, ms(60))) / GST_SECOND);
  }
}
GST_END_TEST;

// Frames that are held back count at once, a measured time when it changes the whole by a quarter; only a live
// pipeline is told.
GST_START_TEST(test_latency) {
  FrameTimes times;
  Latency latency(times);
  set_frame_rate(times, 25, 1);
  fail_if(latency.update(3), "nobody asked");
  fail_unless_equals_uint64(latency.answer(true), ms(120));
  fail_if(latency.update(3));
  times.inference_took(ms(30));
  fail_if(latency.update(3), "a quarter");
  times.inference_took(ms(31));
  fail_unless(latency.update(3));
  fail_if(latency.update(3), "told once");
  fail_unless_equals_uint64(latency.answer(true), ms(151));
  fail_unless(latency.update(4));
  fail_unless_equals_uint64(latency.answer(false), ms(191));
  fail_if(latency.update(1), "not live");
  fail_unless(latency.answer(true) < ms(100));
  latency.update(G_MAXUINT64);
  fail_unless_equals_uint64(latency.answer(true) / GST_SECOND, 256 * 3600);
  latency.reset();
  fail_unless_equals_uint64(latency.answer(true), 0);
}
GST_END_TEST;

static Suite* timing_suite() {
  Suite* suite = suite_create("timing");
  TCase* tests = tcase_create("timing");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_frame_duration);
  tcase_add_test(tests, test_inference_peak);
  tcase_add_test(tests, test_late_for_the_sink);
  tcase_add_test(tests, test_lag);
  tcase_add_test(tests, test_lasting_lag);
  tcase_add_test(tests, test_slow_inference);
  tcase_add_test(tests, test_slow_stream);
  tcase_add_test(tests, test_always_late_for_the_sink);
  tcase_add_test(tests, test_no_lag_stops_inference);
  tcase_add_test(tests, test_latency);
  return suite;
}

GST_CHECK_MAIN(timing)
