// SPDX-License-Identifier: LGPL-2.1-or-later
// The GstAnalytics metadata of vcl-vis-segment and maskcut, read back as its consumers do.
#include <gst/analytics/analytics.h>

#include <algorithm>
#include <map>

#include "check_util.hpp"

namespace {

const std::string kCaps = check::caps_string("RGB", 64, 48);
const std::vector<GstVclBox> kBoxes = {{4, 6, 20, 10}, {40, 30, 9, 7}};

struct Tracking {
  guint64 id;
  GstClockTime first_seen, last_seen;
  gboolean lost;
};

Tracking read_tracking(GstAnalyticsMtd* mtd) {
  Tracking tracking{};
  fail_unless(gst_analytics_tracking_mtd_get_info(mtd, &tracking.id, &tracking.first_seen, &tracking.last_seen,
                                                  &tracking.lost));
  return tracking;
}

std::vector<GstAnalyticsMtd> all_of(GstAnalyticsRelationMeta* relations, GstAnalyticsMtdType type) {
  std::vector<GstAnalyticsMtd> found;
  gpointer state = nullptr;
  for (GstAnalyticsMtd mtd; relations && gst_analytics_relation_meta_iterate(relations, &state, type, &mtd);)
    found.push_back(mtd);
  return found;
}

// All trackings of a frame by track id.
std::map<guint64, Tracking> trackings_of(GstBuffer* buffer) {
  std::map<guint64, Tracking> trackings;
  for (GstAnalyticsMtd& mtd :
       all_of(gst_buffer_get_analytics_relation_meta(buffer), gst_analytics_tracking_mtd_get_mtd_type())) {
    const Tracking tracking = read_tracking(&mtd);
    fail_unless(trackings.emplace(tracking.id, tracking).second, "a track twice");
  }
  return trackings;
}

// The only one of that type that `from` relates to.
GstAnalyticsMtd related(GstAnalyticsRelationMeta* relations, guint from, GstAnalyticsMtdType type) {
  gpointer state = nullptr;
  GstAnalyticsMtd found, more;
  fail_unless(gst_analytics_relation_meta_get_direct_related(relations, from, GST_ANALYTICS_REL_TYPE_RELATE_TO, type,
                                                             &state, &found),
              "nothing is related");
  fail_if(gst_analytics_relation_meta_get_direct_related(relations, from, GST_ANALYTICS_REL_TYPE_RELATE_TO, type,
                                                         &state, &more));
  return found;
}

std::vector<guint8> bytes_of(GstBuffer* buffer) {
  std::vector<guint8> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

void assert_segmentation(GstAnalyticsMtd* segmentation, const GstVclInstance* instance) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  gint x, y;
  guint width, height;
  GstBuffer* mask = gst_analytics_segmentation_mtd_get_mask(segmentation, &x, &y, &width, &height);
  fail_unless(x == box.x && y == box.y && gint(width) == box.width && gint(height) == box.height);
  const GstVideoMeta* video = gst_buffer_get_video_meta(mask);
  fail_unless(video && video->format == GST_VIDEO_FORMAT_GRAY8 && video->width == width && video->height == height);
  fail_unless(video->stride[0] == box.width && video->offset[0] == 0, "rows are not packed");

  const guint region = guint((gst_vcl_instance_get_track_id(instance) - 1) % 255 + 1);
  fail_unless_equals_int(int(gst_analytics_segmentation_mtd_get_region_count(segmentation)), 2);
  fail_unless_equals_int(int(gst_analytics_segmentation_mtd_get_region_id(segmentation, 0)), 0);
  fail_unless_equals_int(int(gst_analytics_segmentation_mtd_get_region_id(segmentation, 1)), int(region));
  std::vector<guint8> expected = bytes_of(gst_vcl_instance_get_mask(instance));
  for (guint8& pixel : expected) pixel = pixel ? guint8(region) : 0;
  fail_unless(bytes_of(mask) == expected, "another mask than the instance's");
  gst_buffer_unref(mask);
}

// One detection for each instance, in their order, with its segmentation and its tracking.
void assert_analytics(GstBuffer* buffer) {
  const GstVclInstancesMeta* meta = check::meta_of(buffer);
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(buffer);
  fail_unless(relations != nullptr, "no analytics metadata");
  std::vector<GstAnalyticsMtd> objects = all_of(relations, gst_analytics_od_mtd_get_mtd_type());
  fail_unless_equals_int(int(objects.size()), int(gst_vcl_instances_meta_get_n_instances(meta)));
  for (guint i = 0; i < objects.size(); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    GstVclBox box;
    gfloat score;
    fail_unless(gst_analytics_od_mtd_get_location(&objects[i], &box.x, &box.y, &box.width, &box.height, &score));
    check::assert_box(instance, box);
    fail_unless(score == gst_vcl_instance_get_score(instance));
    fail_unless_equals_string(g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&objects[i])), "object");

    GstAnalyticsMtd segmentation = related(relations, objects[i].id, gst_analytics_segmentation_mtd_get_mtd_type());
    fail_unless(related(relations, segmentation.id, gst_analytics_od_mtd_get_mtd_type()).id == objects[i].id);
    assert_segmentation(&segmentation, instance);

    GstAnalyticsMtd tracking = related(relations, objects[i].id, gst_analytics_tracking_mtd_get_mtd_type());
    fail_unless_equals_uint64(read_tracking(&tracking).id, gst_vcl_instance_get_track_id(instance));
    fail_if(read_tracking(&tracking).lost);
  }
}

GstBuffer* push_and_pull(GstHarness* harness, int n, const std::vector<GstVclBox>& boxes) {
  return gst_harness_push_and_pull(harness, check::numbered_frame(kCaps, n, boxes));
}

// Both find the boxes, in every frame for itself.
const std::vector<std::string> kElements = {"vcl-vis-segment window=1", "maskcut track=true crf=false"};

}  // namespace

// Each instance has a detection, a segmentation and a tracking that belong together, and the pixels are its mask's.
GST_START_TEST(test_relations) {
  for (const std::string& element : kElements) {
    GstHarness* harness = check::start(element, kCaps);
    for (int n = 0; n < 4; ++n) {
      GstBuffer* out = push_and_pull(harness, n, kBoxes);
      fail_unless(gst_vcl_instances_meta_get_n_instances(check::meta_of(out)) > 0, "nothing to see with %s",
                  element.c_str());
      assert_analytics(out);
      gst_buffer_unref(out);
    }
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Frames that hold more tracks than a byte tells apart: regions wrap round past 255 and are never background.
GST_START_TEST(test_many_tracks) {
  GstHarness* harness = check::start("maskcut crf=false", kCaps);  // every frame has new ids
  guint64 last = 0;
  for (int n = 0; last < 520; ++n) {
    GstBuffer* out = push_and_pull(harness, n, kBoxes);
    assert_analytics(out);
    for (const auto& [id, tracking] : trackings_of(out)) last = std::max(last, id);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// First and last seen are running times; a track that vanishes is lost for one frame, without a detection.
GST_START_TEST(test_times) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = 5 * GST_SECOND;
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
  const auto time_of = [](int n) { return 5 * GST_SECOND + GstClockTime(n) * 40 * GST_MSECOND; };
  const std::vector<GstVclBox> one = {kBoxes[0]};
  guint64 stays = 0, goes = 0;
  for (int n = 0; n < 8; ++n) {
    const bool both = n >= 1 && n < 4;
    GstBuffer* out = push_and_pull(harness, n, both ? kBoxes : one);
    const auto trackings = trackings_of(out);
    if (n == 0) stays = trackings.begin()->first;
    if (n == 1) goes = trackings.rbegin()->first;
    const Tracking& kept = trackings.at(stays);
    fail_unless(kept.first_seen == time_of(0) && kept.last_seen == time_of(n) && !kept.lost);
    fail_unless_equals_int(int(trackings.size()), both || n == 4 ? 2 : 1);
    if (both || n == 4) {
      const Tracking& other = trackings.at(goes);
      fail_unless(other.first_seen == time_of(1) && other.last_seen == time_of(std::min(n, 3)) &&
                  other.lost == (n == 4));
    }
    assert_analytics(out);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Frames that repeat masks say when these were really seen.
GST_START_TEST(test_stale) {
  GstHarness* harness = check::start("vcl-vis-segment window=1 interval=3", kCaps);
  for (int n = 0; n < 6; ++n) {
    GstBuffer* out = push_and_pull(harness, n, kBoxes);
    fail_unless_equals_int(check::meta_of(out)->stale, n % 3 != 0);
    for (const auto& [id, tracking] : trackings_of(out)) {
      fail_unless_equals_uint64(tracking.first_seen, 0);
      fail_unless_equals_uint64(tracking.last_seen, GstClockTime(n / 3 * 3) * 40 * GST_MSECOND);
    }
    assert_analytics(out);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// A flush ends all tracks: none is lost in what follows. Without timestamps there are no times.
GST_START_TEST(test_flush) {
  for (const std::string& element : kElements) {
    GstHarness* harness = check::start(element, kCaps);
    GstBuffer* out = push_and_pull(harness, 0, kBoxes);
    const auto before = trackings_of(out);
    gst_buffer_unref(out);
    gst_harness_push_event(harness, gst_event_new_flush_start());
    gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(harness, gst_event_new_segment(&segment));
    GstBuffer* in = check::numbered_frame(kCaps, 1, kBoxes);
    GST_BUFFER_PTS(in) = GST_CLOCK_TIME_NONE;
    out = gst_harness_push_and_pull(harness, in);
    const auto after = trackings_of(out);
    fail_unless(!before.empty() && !after.empty());
    for (const auto& [id, tracking] : after) {
      fail_unless(!before.contains(id) && !tracking.lost);
      fail_unless(tracking.first_seen == GST_CLOCK_TIME_NONE && tracking.last_seen == GST_CLOCK_TIME_NONE);
    }
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// On by default, off when told so, at any time; nothing is attached where there is nothing to say.
GST_START_TEST(test_property) {
  for (const std::string& element : kElements) {
    GstHarness* harness = check::start(element, kCaps);
    GstElement* inner = gst_harness_find_element(harness, element.substr(0, element.find(' ')).c_str());
    for (int n = 0; n < 4; ++n) {
      g_object_set(inner, "attach-analytics-meta", n % 2 == 0, nullptr);
      GstBuffer* out = push_and_pull(harness, n, kBoxes);
      fail_unless((gst_buffer_get_analytics_relation_meta(out) != nullptr) == (n % 2 == 0));
      gst_buffer_unref(out);
    }
    gst_object_unref(inner);
    gst_harness_teardown(harness);
  }
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  GstBuffer* out = push_and_pull(harness, 0, {});
  fail_unless(gst_buffer_get_analytics_relation_meta(out) == nullptr);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// What others found before stays beside.
GST_START_TEST(test_others_stay) {
  GstHarness* harness = check::start("vcl-vis-segment window=1", kCaps);
  GstBuffer* in = check::numbered_frame(kCaps, 0, kBoxes);
  GstAnalyticsODMtd car;
  gst_analytics_relation_meta_add_od_mtd(gst_buffer_add_analytics_relation_meta(in), g_quark_from_string("car"), 1, 2,
                                         3, 4, 0.5f, &car);
  GstBuffer* out = gst_harness_push_and_pull(harness, in);
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(out);
  auto objects = all_of(relations, gst_analytics_od_mtd_get_mtd_type());
  fail_unless_equals_int(int(objects.size()), 3);
  fail_unless_equals_string(g_quark_to_string(gst_analytics_od_mtd_get_obj_type(objects.data())), "car");
  fail_unless_equals_int(int(gst_buffer_get_n_meta(out, GST_ANALYTICS_RELATION_META_API_TYPE)), 1);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Scaled with the video, and kept by vcl-idmap.
GST_START_TEST(test_scaled) {
  GstHarness* harness =
      check::start("vcl-vis-segment window=1 ! videoscale ! video/x-raw,width=128,height=96 ! vcl-idmap", kCaps);
  GstBuffer* out = push_and_pull(harness, 0, {kBoxes[0]});
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(out);
  auto objects = all_of(relations, gst_analytics_od_mtd_get_mtd_type());
  fail_unless_equals_int(int(objects.size()), 1);
  GstVclBox box;
  fail_unless(gst_analytics_od_mtd_get_location(objects.data(), &box.x, &box.y, &box.width, &box.height, nullptr));
  fail_unless(box.x == 8 && box.y == 12 && box.width == 40 && box.height == 20);
  GstAnalyticsMtd segmentation = related(relations, objects[0].id, gst_analytics_segmentation_mtd_get_mtd_type());
  gint x, y;
  guint width, height;
  gst_buffer_unref(gst_analytics_segmentation_mtd_get_mask(&segmentation, &x, &y, &width, &height));
  fail_unless(x == 8 && y == 12 && width == 40 && height == 20);
  gst_buffer_unref(out);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// GStreamer's own overlays draw what is there: criticals are fatal here.
GST_START_TEST(test_overlays) {
  const std::string caps = check::caps_string("BGRA", 64, 48);
  int tried = 0;
  for (const char* overlay : {"objectdetectionoverlay", "segmentationoverlay"}) {
    if (!gst_element_factory_find(overlay)) continue;
    ++tried;
    std::vector<std::vector<guint8>> pictures;
    for (const char* attach : {"false", "true"}) {
      GstHarness* harness =
          check::start("vcl-vis-segment window=1 attach-analytics-meta=" + std::string(attach) + " ! " + overlay, caps);
      GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, kBoxes));
      pictures.push_back(bytes_of(out));
      gst_buffer_unref(out);
      gst_harness_teardown(harness);
    }
    fail_unless(pictures[0] != pictures[1], "%s draws nothing", overlay);
  }
  if (tried == 0) g_print("skipped: no overlay for analytics metadata is installed\n");
}
GST_END_TEST;

static Suite* analytics_suite() {
  Suite* suite = suite_create("analytics");
  TCase* tests = tcase_create("analytics");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_relations);
  tcase_add_test(tests, test_many_tracks);
  tcase_add_test(tests, test_times);
  tcase_add_test(tests, test_stale);
  tcase_add_test(tests, test_flush);
  tcase_add_test(tests, test_property);
  tcase_add_test(tests, test_others_stay);
  tcase_add_test(tests, test_scaled);
  tcase_add_test(tests, test_overlays);
  return suite;
}

GST_CHECK_MAIN(analytics)
