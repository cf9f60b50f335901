// SPDX-License-Identifier: LGPL-2.1-or-later
// When tracks were seen, over frames in which they are not.
#include "plugins/draw/track_history.hpp"

#include <gst/check/gstcheck.h>

namespace {

vcl::FrameResult frame_of(const std::vector<std::uint64_t>& track_ids, bool stale = false) {
  vcl::FrameResult result;
  result.stale = stale;
  for (const std::uint64_t id : track_ids) {
    vcl::Instance instance;
    instance.track_id = id;
    result.instances.push_back(instance);
  }
  return result;
}

}  // namespace

// A track is lost once, and keeps its first time if it comes back within 60 frames; later it is a new one. None is kept
// for ever.
GST_START_TEST(test_tracks_that_come_back) {
  for (const int missing : {1, 60, 61}) {
    gstvcl::TrackHistory history;
    history.add(frame_of({7}), 100);
    for (int n = 0; n < missing; ++n) {
      history.add(frame_of({}), 200);
      const auto track = history.tracks().find(7);
      fail_unless((track != history.tracks().end()) == (n < 60));
      if (n < 60) fail_unless(track->second.just_lost() == (n == 0) && track->second.last_seen == 100);
    }
    history.add(frame_of({7}), 300);
    const auto& track = history.tracks().at(7);
    fail_unless(track.first_seen == GstClockTime(missing <= 60 ? 100 : 300) && track.last_seen == 300 &&
                !track.just_lost());
  }
}
GST_END_TEST;

// A repeated mask is no sight of its object, unless it is the first that is told.
GST_START_TEST(test_stale) {
  gstvcl::TrackHistory history;
  history.add(frame_of({1}, true), 100);
  fail_unless(history.tracks().at(1).first_seen == 100 && history.tracks().at(1).last_seen == 100);
  history.add(frame_of({1}), 200);
  history.add(frame_of({1}, true), 300);
  fail_unless(history.tracks().at(1).first_seen == 100 && history.tracks().at(1).last_seen == 200);
  history.clear();
  fail_unless(history.tracks().empty());
}
GST_END_TEST;

static Suite* track_history_suite() {
  Suite* suite = suite_create("track_history");
  TCase* tests = tcase_create("track_history");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_tracks_that_come_back);
  tcase_add_test(tests, test_stale);
  return suite;
}

GST_CHECK_MAIN(track_history)
