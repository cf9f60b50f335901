// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-overlay attaches what it would paint, where downstream blends it or always, and leaves the picture alone.
#include <algorithm>
#include <cmath>

#include "check_idmap.hpp"

namespace {

using check::Object;

constexpr vcl::Size kSize = {160, 120};
const std::string kAll = "vcl-overlay boxes=true trails=true thickness=3 ";

// GStreamer blends with this matrix and range, whatever the video's are.
std::string caps_of(const std::string& format) {
  return check::caps_string(format, kSize.width, kSize.height, "framerate=25/1,colorimetry=bt709");
}

vcl::Mask disc(int x, int y, int radius) {
  vcl::Mask mask(kSize.width, kSize.height);
  for (int v = 0; v < kSize.height; ++v)
    for (int u = 0; u < kSize.width; ++u) mask.at(u, v) = std::hypot(u - x, v - y) < radius;
  return mask;
}

// In alpha, and in the padding of RGBx, which GStreamer blends as alpha.
void make_opaque(GstBuffer* buffer, const std::string& caps) {
  GstVideoInfo info = check::video_info(caps);
  GstVideoFrame mapped;
  fail_unless(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READWRITE));
  if (GST_VIDEO_FRAME_COMP_PSTRIDE(&mapped, 0) == 4) {
    int place = 0 + 1 + 2 + 3;
    for (guint c = 0; c < 3; ++c) place -= GST_VIDEO_FRAME_COMP_POFFSET(&mapped, c);
    for (int y = 0; y < kSize.height; ++y)
      for (int x = 0; x < kSize.width; ++x)
        static_cast<guint8*>(
            GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0))[y * GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 0) + 4 * x + place] = 255;
  }
  gst_video_frame_unmap(&mapped);
}

// Overlapping objects, at the edges too, which move. Padded by whole words, as GStreamer's blending wants it.
GstBuffer* frame(const std::string& caps, int n) {
  GstBuffer* buffer = check::numbered_frame(caps, n, {{30, 20, 60, 50}}, 16);
  make_opaque(buffer, caps);
  const std::vector<Object> objects = {
      {1, 0.95f, disc(40 + 9 * n, 50, 25)}, {2, 0.8f, disc(70, 60 - 5 * n, 20)}, {3, 0.5f, disc(155, 2, 9)}};
  check::attach(buffer, objects, kSize);
  return buffer;
}

GstVideoOverlayComposition* composition_of(GstBuffer* buffer) {
  GstVideoOverlayCompositionMeta* meta = gst_buffer_get_video_overlay_composition_meta(buffer);
  return meta ? meta->overlay : nullptr;
}

std::vector<int> values(GstBuffer* buffer, const std::string& caps) {
  GstVideoInfo info = check::video_info(caps);
  GstVideoFrame mapped;
  fail_unless(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READ));
  std::vector<int> all;
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&mapped); ++c)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&mapped, c); ++y)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&mapped, c); ++x)
        all.push_back(static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(
            &mapped, c))[y * GST_VIDEO_FRAME_COMP_STRIDE(&mapped, c) + x * GST_VIDEO_FRAME_COMP_PSTRIDE(&mapped, c)]);
  gst_video_frame_unmap(&mapped);
  return all;
}

void blend(GstBuffer* buffer, const std::string& caps) {
  GstVideoInfo info = check::video_info(caps);
  GstVideoOverlayComposition* composition = gst_video_overlay_composition_ref(composition_of(buffer));
  GstVideoFrame mapped;
  fail_unless(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READWRITE));
  fail_unless(gst_video_overlay_composition_blend(composition, &mapped));
  gst_video_frame_unmap(&mapped);
  gst_video_overlay_composition_unref(composition);
}

int largest_difference(const std::vector<int>& a, const std::vector<int>& b) {
  int largest = 0;
  fail_unless_equals_int(int(a.size()), int(b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// A sink that says, or does not, that it blends compositions.
struct Sink {
  Sink(const std::string& element, const std::string& caps, const char* accepted, bool blends) {
    harness = gst_harness_new_parse(element.c_str());
    gst_harness_set_sink_caps_str(harness, accepted);
    if (blends) gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, nullptr);
    gst_harness_set_src_caps_str(harness, caps.c_str());
  }
  ~Sink() { gst_harness_teardown(harness); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  bool has_feature() const {
    GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
    const bool has =
        gst_caps_features_contains(gst_caps_get_features(caps, 0), GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
    gst_caps_unref(caps);
    return has;
  }

  GstHarness* harness;
};

const char* kPlain = "video/x-raw";
const char* kFeature = "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)";
const char* kBoth = "video/x-raw;video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)";

}  // namespace

// Blended, what is attached is what would have been painted, within GStreamer's rounding of a few layers; the picture
// itself stays. In subsampled formats GStreamer's chroma is a mean where ours is that of one pixel: luma is compared.
GST_START_TEST(test_blended_is_painted) {
  for (const std::string& format : check::formats()) {
    const std::string caps = caps_of(format);
    const int tolerance = format == "GRAY8" ? 20 : 2;  // GStreamer takes gray to have the range of video
    GstHarness *painting = check::start(kAll, caps),
               *attaching = check::start(kAll + "attach-composition=always", caps);
    for (int n = 0; n < 5; ++n) {
      GstBuffer *before = frame(caps, n), *painted = gst_harness_push_and_pull(painting, frame(caps, n)),
                *attached = gst_harness_push_and_pull(attaching, frame(caps, n));
      fail_unless(values(before, caps) == values(attached, caps), "%s: the picture changed", format.c_str());
      attached = gst_buffer_make_writable(attached);
      blend(attached, caps);
      auto wanted = values(painted, caps), blended = values(attached, caps);
      const bool has_luma = format == "I420" || format == "NV12";
      if (has_luma) {
        wanted.resize(std::size_t(kSize.width * kSize.height));
        blended.resize(wanted.size());
      }
      const int difference = largest_difference(wanted, blended);
      fail_unless(difference <= tolerance, "%s: %d", format.c_str(), difference);
      fail_unless(largest_difference(wanted, [&] {
                    auto was = values(before, caps);
                    was.resize(wanted.size());
                    return was;
                  }()) > 50);
      for (GstBuffer* buffer : {before, painted, attached}) gst_buffer_unref(buffer);
    }
    gst_harness_teardown(painting);
    gst_harness_teardown(attaching);
  }
}
GST_END_TEST;

// `auto` attaches where downstream takes the caps feature and names the meta, and paints elsewhere; `always` attaches
// anyway; `never` never does. Caps say what can be in the buffers.
GST_START_TEST(test_negotiation) {
  struct Row {
    const char *attach, *accepted;
    bool blends, attaches, feature;
  };
  const Row rows[] = {
      {"auto", kPlain, false, false, false}, {"auto", kPlain, true, false, false},
      {"auto", kBoth, true, true, true},     {"auto", kFeature, true, true, true},
      {"auto", kBoth, false, false, true},   {"always", kPlain, false, true, false},
      {"always", kBoth, false, true, true},  {"always", kFeature, true, true, true},
      {"never", kPlain, true, false, false}, {"never", kBoth, true, false, false},
  };
  const std::string caps = caps_of("RGB");
  for (const Row& row : rows) {
    const Sink sink(kAll + "attach-composition=" + row.attach, caps, row.accepted, row.blends);
    GstBuffer *before = frame(caps, 0), *after = gst_harness_push_and_pull(sink.harness, frame(caps, 0));
    const std::string name = std::string(row.attach) + ", " + row.accepted + (row.blends ? ", blends" : "");
    fail_unless((composition_of(after) != nullptr) == row.attaches, "%s", name.c_str());
    fail_unless((values(before, caps) == values(after, caps)) == row.attaches, "%s", name.c_str());
    fail_unless(sink.has_feature() == row.feature, "%s", name.c_str());
    gst_buffer_unref(before);
    gst_buffer_unref(after);
  }
}
GST_END_TEST;

// Downstream that changes its mind is asked again.
GST_START_TEST(test_renegotiation) {
  const std::string caps = caps_of("RGB");
  const Sink sink(kAll + "attach-composition=auto", caps, kPlain, true);
  GstBuffer* buffer = gst_harness_push_and_pull(sink.harness, frame(caps, 0));
  fail_unless(composition_of(buffer) == nullptr);
  gst_buffer_unref(buffer);
  gst_harness_set_sink_caps_str(sink.harness, kBoth);
  gst_harness_push_upstream_event(sink.harness, gst_event_new_reconfigure());
  buffer = gst_harness_push_and_pull(sink.harness, frame(caps, 1));
  fail_unless(composition_of(buffer) != nullptr);
  gst_buffer_unref(buffer);

  const Sink late(kAll + "attach-composition=auto", caps, kBoth, false);
  buffer = gst_harness_push_and_pull(late.harness, frame(caps, 0));
  fail_unless(composition_of(buffer) == nullptr);
  gst_buffer_unref(buffer);
  gst_harness_add_propose_allocation_meta(late.harness, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, nullptr);
  gst_harness_push_upstream_event(late.harness, gst_event_new_reconfigure());
  buffer = gst_harness_push_and_pull(late.harness, frame(caps, 1));
  fail_unless(composition_of(buffer) != nullptr);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// The pictures of two elements lie in one composition, the second's on top. Nothing to draw, nothing attached.
GST_START_TEST(test_what_is_attached) {
  const std::string caps = caps_of("RGB");
  const auto rectangles = [&](const std::string& element, bool has_objects = true) {
    GstHarness* harness = check::start(element, caps);
    GstBuffer* in = has_objects ? frame(caps, 0) : check::numbered_frame(caps, 0, {});
    if (!has_objects) check::attach(in, {}, kSize);
    GstBuffer* out = gst_harness_push_and_pull(harness, in);
    GstVideoOverlayComposition* composition = composition_of(out);
    const guint count = composition ? gst_video_overlay_composition_n_rectangles(composition) : 0;
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
    return int(count);
  };
  const std::string attach = "vcl-overlay attach-composition=always ";
  fail_unless_equals_int(rectangles(attach), 6);
  fail_unless_equals_int(rectangles(attach + "labels=false"), 3);
  fail_unless_equals_int(rectangles(attach + "labels=false trails=true"), 6);
  fail_unless_equals_int(rectangles(attach + "! " + attach + "labels=false"), 9);
  fail_unless_equals_int(rectangles(attach + "labels=false masks=false contours=false"), 0);
  fail_unless_equals_int(rectangles(attach, false), 0);
}
GST_END_TEST;

static Suite* overlay_composition_suite() {
  Suite* suite = suite_create("overlay_composition");
  TCase* tests = tcase_create("overlay_composition");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_blended_is_painted);
  tcase_add_test(tests, test_negotiation);
  tcase_add_test(tests, test_renegotiation);
  tcase_add_test(tests, test_what_is_attached);
  return suite;
}

GST_CHECK_MAIN(overlay_composition)
