// SPDX-License-Identifier: LGPL-2.1-or-later
// vcl-overlay with a style that hides: nothing of the objects is left, nothing else is touched, and what has no result
// stays hidden.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "check_idmap.hpp"

namespace {

using check::Object;

const std::vector<std::string> kStyles = {"blur", "mosaic", "cutout"};

// The pixels of one plane, each of `channels` bytes.
struct Plane {
  guint8* data;
  int stride, channels, width, height, shift_x, shift_y;
  guint8* at(int x, int y) const { return data + y * stride + x * channels; }
};

struct Frame {
  Frame(GstBuffer* buffer, const std::string& caps, GstMapFlags flags) {
    GstVideoInfo info = check::video_info(caps);
    fail_unless(gst_video_frame_map(&frame, &info, buffer, flags));
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); ++plane) {
      const guint component =
          plane;  // that the plane begins with: RGB has one plane, I420 and NV12 one per luma, chroma
      planes.push_back({static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane)),
                        GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane), GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component),
                        GST_VIDEO_FRAME_COMP_WIDTH(&frame, component), GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component),
                        int(GST_VIDEO_FORMAT_INFO_W_SUB(info.finfo, component)),
                        int(GST_VIDEO_FORMAT_INFO_H_SUB(info.finfo, component))});
    }
  }
  ~Frame() { gst_video_frame_unmap(&frame); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  GstVideoFrame frame;
  std::vector<Plane> planes;
};

// All bytes of all pixels, those of padding between channels too.
std::vector<std::vector<guint8>> bytes_of(GstBuffer* buffer, const std::string& caps) {
  const Frame frame(buffer, caps, GST_MAP_READ);
  std::vector<std::vector<guint8>> bytes;
  for (const Plane& plane : frame.planes) {
    bytes.emplace_back();
    for (int y = 0; y < plane.height; ++y)
      bytes.back().insert(bytes.back().end(), plane.at(0, y), plane.at(plane.width, y));
  }
  return bytes;
}

GstBuffer* noise(const std::string& caps, unsigned seed, int n = 0) {
  GstBuffer* buffer = check::numbered_frame(caps, n, {}, 5);
  std::mt19937 random(seed);
  const Frame frame(buffer, caps, GST_MAP_WRITE);
  for (const Plane& plane : frame.planes)
    for (int y = 0; y < plane.height; ++y)
      std::generate(plane.at(0, y), plane.at(plane.width, y), [&] { return guint8(random()); });
  return buffer;
}

// A few overlapping discs: one object of any shape.
vcl::Mask random_mask(vcl::Size size, unsigned seed) {
  std::mt19937 random(seed);
  vcl::Mask mask(size.width, size.height);
  for (int disc = 0; disc < 3; ++disc) {
    const int center_x = int(random() % unsigned(size.width)), center_y = int(random() % unsigned(size.height));
    const int radius = 1 + int(random() % unsigned(1 + std::min(size.width, size.height) / 4));
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        if (std::hypot(x - center_x, y - center_y) < radius) mask.at(x, y) = 1;
  }
  return mask;
}

// As documented, `results_ago` frames after the latest result.
int margin_of(vcl::Size size, int results_ago = 0) {
  return (1 + results_ago) * std::max(2, std::min(size.width, size.height) / 64);
}

vcl::Mask grown(const vcl::Mask& mask, int margin) {
  vcl::Mask result(mask.width, mask.height);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      if (mask.at(x, y))
        for (int v = std::max(0, y - margin); v <= std::min(mask.height - 1, y + margin); ++v)
          for (int u = std::max(0, x - margin); u <= std::min(mask.width - 1, x + margin); ++u) result.at(u, v) = 1;
  return result;
}

struct Case {
  std::string format;
  vcl::Size size;
  vcl::Mask mask;

  std::string caps() const { return check::caps_string(format, size.width, size.height); }
};

// Hides the object of a case in frames of its caps.
struct Hider {
  Hider(const Case& test, const std::string& style)
      : test(test), harness(check::start("vcl-overlay style=" + style, test.caps())) {}
  ~Hider() { gst_harness_teardown(harness); }
  Hider(const Hider&) = delete;
  Hider& operator=(const Hider&) = delete;

  GstBuffer* hidden(GstBuffer* input) const {
    check::attach(input, {{1, 0.9f, test.mask}}, test.size);
    return gst_harness_push_and_pull(harness, input);
  }
  std::vector<std::vector<guint8>> hidden_bytes(GstBuffer* input) const {
    GstBuffer* output = hidden(input);
    const auto bytes = bytes_of(output, test.caps());
    gst_buffer_unref(output);
    return bytes;
  }

  const Case& test;
  GstHarness* harness;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  unsigned seed = 0;
  for (const std::string& format : check::formats())
    for (const vcl::Size size : {vcl::Size{96, 64}, vcl::Size{81, 67}, vcl::Size{33, 150}})
      all.push_back({format, size, random_mask(size, ++seed)});
  return all;
}

// Where the blocks of an object begin, and how long their sides are.
struct Grid {
  int left, top, side;
};

Grid grid_of(const Case& test) {
  const vcl::Box box = vcl::rle_box(vcl::rle_encode(grown(test.mask, margin_of(test.size))));
  const int left = box.x / 2 * 2, top = box.y / 2 * 2;
  const int right = std::min(test.size.width, (box.x + box.width + 1) / 2 * 2),
            bottom = std::min(test.size.height, (box.y + box.height + 1) / 2 * 2);
  const int longest = std::max(right - left, bottom - top);
  const int side = std::max({8, std::min(test.size.width, test.size.height) / 32, (longest + 5) / 6});
  return {left, top, (side + 1) / 2 * 2};
}

// Exchanges the object's pixels within each block, each channel by itself: the block's means stay.
void shuffle_blocks(GstBuffer* buffer, const Case& test) {
  const Grid grid = grid_of(test);
  std::mt19937 random(99);
  const Frame frame(buffer, test.caps(), GST_MAP_READWRITE);
  for (const Plane& plane : frame.planes)
    for (int c = 0; c < plane.channels; ++c) {
      std::map<std::pair<int, int>, std::vector<guint8*>> blocks;
      for (int y = 0; y < plane.height; ++y)
        for (int x = 0; x < plane.width; ++x) {
          const int full_x = x << plane.shift_x, full_y = y << plane.shift_y;
          if (test.mask.at(full_x, full_y))
            blocks[{(full_x - grid.left) / grid.side, (full_y - grid.top) / grid.side}].push_back(plane.at(x, y) + c);
        }
      for (auto& [_, pixels] : blocks) {
        std::vector<guint8> values;
        for (const guint8* pixel : pixels) values.push_back(*pixel);
        std::ranges::shuffle(values, random);
        for (std::size_t i = 0; i < pixels.size(); ++i) *pixels[i] = values[i];
      }
    }
}

// Whether a plane's pixel lies within the mask.
bool holds(const vcl::Mask& mask, const Plane& plane, int x, int y) {
  for (int v = y << plane.shift_y; v < std::min((y + 1) << plane.shift_y, mask.height); ++v)
    for (int u = x << plane.shift_x; u < std::min((x + 1) << plane.shift_x, mask.width); ++u)
      if (mask.at(u, v)) return true;
  return false;
}

bool is_gray(const Plane& plane, const guint8* pixel, int tolerance) {
  int colors = 0;
  for (int c = 0; c < plane.channels; ++c) colors += std::abs(pixel[c] - 127) <= tolerance;
  const auto opaque = std::count(pixel, pixel + plane.channels, 255);
  return colors == std::min(plane.channels, 3) && colors + opaque == plane.channels;
}

// Fails unless all pixels of `after` are gray (opaque in alpha and padding) within `inside`, and as `before` outside of
// `outside`.
void assert_gray(GstBuffer* before, GstBuffer* after, const std::string& caps, const vcl::Mask& inside,
                 const vcl::Mask& outside) {
  const Frame a(before, caps, GST_MAP_READ), b(after, caps, GST_MAP_READ);
  const int tolerance = GST_VIDEO_INFO_IS_RGB(&b.frame.info) ? 0 : 2;
  int shown = 0, touched = 0;
  for (std::size_t p = 0; p < b.planes.size(); ++p)
    for (int y = 0; y < b.planes[p].height; ++y)
      for (int x = 0; x < b.planes[p].width; ++x) {
        const Plane& plane = b.planes[p];
        const guint8 *was = a.planes[p].at(x, y), *is = plane.at(x, y);
        if (holds(inside, plane, x, y))
          shown += !is_gray(plane, is, tolerance);
        else if (!holds(outside, plane, x, y))
          touched += !std::equal(was, was + plane.channels, is);
      }
  fail_unless(shown == 0 && touched == 0, "%s: %d pixels shown, %d touched", caps.c_str(), shown, touched);
}

}  // namespace

// Mosaic and blur tell the means of blocks and no more: what leaves the means as they are leaves the output as it is.
GST_START_TEST(test_only_means_are_left) {
  for (const Case& test : cases())
    for (const char* style : {"mosaic", "blur"}) {
      const Hider hider(test, style);
      GstBuffer* other = noise(test.caps(), 1);
      shuffle_blocks(other, test);
      GstBuffer* one = noise(test.caps(), 1);
      fail_unless(bytes_of(one, test.caps()) != bytes_of(other, test.caps()));
      fail_unless(hider.hidden_bytes(one) == hider.hidden_bytes(other), "%s, %s", style, test.format.c_str());
    }
}
GST_END_TEST;

namespace {

// Hidden pixels of a plane: the outermost, whose blocks may have few, and some others.
std::vector<std::pair<int, int>> pixels_to_try(const vcl::Mask& hidden, const Plane& plane, std::mt19937& random) {
  std::vector<std::pair<int, int>> all;
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      if (holds(hidden, plane, x, y)) all.emplace_back(x, y);
  std::vector<std::pair<int, int>> chosen = {all.front(), all.back(), *std::ranges::min_element(all),
                                             *std::ranges::max_element(all)};
  for (int i = 0; i < 4; ++i) chosen.push_back(all[random() % all.size()]);
  return chosen;
}

void set_pixel(GstBuffer* buffer, const std::string& caps, guint plane, std::pair<int, int> place, guint8 value) {
  const Frame frame(buffer, caps, GST_MAP_READWRITE);
  const Plane& pixels = frame.planes[plane];
  std::fill_n(pixels.at(place.first, place.second), pixels.channels, value);
}

}  // namespace

// No hidden pixel moves the output by more than its part in the mean of half a block, and the rounding.
GST_START_TEST(test_no_pixel_is_left) {
  std::mt19937 random(5);
  for (const Case& test : cases()) {
    const vcl::Mask hidden = grown(test.mask, margin_of(test.size));
    for (const char* style : {"mosaic", "blur"}) {
      const Hider hider(test, style);
      GstBuffer* any = noise(test.caps(), 1);
      const std::vector<Plane> planes = Frame(any, test.caps(), GST_MAP_READ).planes;
      gst_buffer_unref(any);
      for (guint plane = 0; plane < planes.size(); ++plane)
        for (const std::pair<int, int>& place : pixels_to_try(hidden, planes[plane], random)) {
          GstBuffer *dark = noise(test.caps(), 1), *bright = noise(test.caps(), 1);
          set_pixel(dark, test.caps(), plane, place, 0);
          set_pixel(bright, test.caps(), plane, place, 255);
          const auto one = hider.hidden_bytes(dark)[plane], other = hider.hidden_bytes(bright)[plane];
          int moved = 0;
          for (std::size_t k = 0; k < one.size(); ++k) moved = std::max(moved, std::abs(one[k] - other[k]));
          const int side = grid_of(test).side >> planes[plane].shift_x;
          fail_unless(moved <= 1 + 255 / (side * side / 2), "%s, %s: by %d", style, test.format.c_str(), moved);
        }
    }
  }
}
GST_END_TEST;

// Of a cut-out object nothing is left; pixels that are not next to it are as they were, whatever the style.
GST_START_TEST(test_inside_and_outside) {
  for (const Case& test : cases()) {
    const vcl::Mask inside = grown(test.mask, margin_of(test.size)),
                    outside = grown(test.mask, margin_of(test.size) + 1);
    for (const std::string& style : kStyles) {
      GstBuffer* before = noise(test.caps(), 3);
      GstBuffer* after = Hider(test, style).hidden(noise(test.caps(), 3));
      const vcl::Mask none(test.size.width, test.size.height);
      assert_gray(before, after, test.caps(), style == "cutout" ? inside : none, outside);
      gst_buffer_unref(before);
      gst_buffer_unref(after);
    }
  }
}
GST_END_TEST;

// A mosaic is no veil: bright and dark halves of an object can still be told. A blur has no edges between its blocks.
GST_START_TEST(test_styles_look_as_they_are_called) {
  Case test{"GRAY8", {128, 128}, vcl::Mask(128, 128)};
  for (int y = 16; y < 112; ++y)
    for (int x = 16; x < 112; ++x) test.mask.at(x, y) = 1;
  const auto gradient = [&] {
    GstBuffer* buffer = check::numbered_frame(test.caps(), 0, {});
    const Frame frame(buffer, test.caps(), GST_MAP_WRITE);
    for (int y = 0; y < 128; ++y)
      for (int x = 0; x < 128; ++x) *frame.planes[0].at(x, y) = guint8(2 * x);
    return buffer;
  };
  for (const char* style : {"mosaic", "blur"}) {
    const auto bytes = Hider(test, style).hidden_bytes(gradient())[0];
    const guint8* row = &bytes[64 * 128];
    int largest_step = 0, steps = 0;
    for (int x = 17; x < 112; ++x) {
      largest_step = std::max(largest_step, std::abs(row[x] - row[x - 1]));
      steps += row[x] != row[x - 1];
    }
    fail_unless(row[100] > row[20] + 100);
    if (g_str_equal(style, "mosaic"))
      fail_unless(steps <= 6 && largest_step > 20, "%d steps of up to %d", steps, largest_step);
    else
      fail_unless(steps > 50 && largest_step <= 4, "%d steps of up to %d", steps, largest_step);
  }
}
GST_END_TEST;

// Frames that are smaller than a block are gray where they are hidden; so are objects of the frame's size in them.
GST_START_TEST(test_tiny_frames) {
  for (const std::string& format : check::formats())
    for (const vcl::Size size : {vcl::Size{1, 1}, vcl::Size{2, 1}, vcl::Size{1, 5}, vcl::Size{4, 4}, vcl::Size{3, 300}})
      for (const std::string& style : kStyles) {
        Case test{format, size, vcl::Mask(size.width, size.height)};
        test.mask.at(size.width - 1, 0) = 1;
        GstBuffer *before = noise(test.caps(), 4), *after = Hider(test, style).hidden(noise(test.caps(), 4));
        const vcl::Mask inside = grown(test.mask, 2), none(size.width, size.height);
        assert_gray(before, after, test.caps(), size.height < 300 || style == "cutout" ? inside : none,
                    grown(test.mask, 3));
        gst_buffer_unref(before);
        gst_buffer_unref(after);
      }
}
GST_END_TEST;

namespace {

// A stream of frames with and without results, all of which should be cut out where they are hidden.
struct Stream {
  explicit Stream(vcl::Size frame) : size(frame), caps(check::caps_string("I420", frame.width, frame.height)) {
    harness = check::start("vcl-overlay style=cutout", caps);
  }
  ~Stream() { gst_harness_teardown(harness); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  enum class Result { None, Fresh, Stale, OfAnotherSize };

  vcl::Mask full() const {
    vcl::Mask mask(size.width, size.height);
    std::ranges::fill(mask.pixels, 1);
    return mask;
  }
  vcl::Mask none() const { return {size.width, size.height}; }

  // Pushes a frame with these objects; `hidden`, grown by the margin of so many frames, must be hidden and no more.
  void expect(Result result, const std::vector<Object>& objects, const vcl::Mask& hidden, int results_ago = 0) {
    GstBuffer *before = noise(caps, unsigned(n), n), *buffer = noise(caps, unsigned(n), n);
    if (result == Result::OfAnotherSize)
      gst_buffer_add_vcl_instances_meta(buffer, guint(size.width) + 2, guint(size.height));
    else if (result != Result::None)
      check::attach(buffer, objects, size);
    if (result == Result::Stale) check::meta_of(buffer)->stale = TRUE;
    GstBuffer* after = gst_harness_push_and_pull(harness, buffer);
    const int margin = margin_of(size, results_ago);
    assert_gray(before, after, caps, grown(hidden, margin), grown(hidden, margin + 1));
    gst_buffer_unref(before);
    gst_buffer_unref(after);
    ++n;
  }
  void change_size(vcl::Size frame) {
    size = frame;
    caps = check::caps_string("I420", frame.width, frame.height);
    gst_harness_set_src_caps_str(harness, caps.c_str());
  }
  void flush() {
    gst_harness_push_event(harness, gst_event_new_flush_start());
    gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(harness, gst_event_new_segment(&segment));
  }

  vcl::Size size;
  std::string caps;
  GstHarness* harness;
  int n = 0;
};

}  // namespace

// Only a fresh result uncovers anything. Until the first one, after a flush and in frames of another size all is
// hidden; without one the latest stays hidden, with a margin that grows, also where a stale one has more.
GST_START_TEST(test_frames_without_results) {
  using enum Stream::Result;
  Stream stream({96, 64});
  const vcl::Mask mask = random_mask(stream.size, 7), other = random_mask(stream.size, 8);
  vcl::Mask both = mask;
  for (std::size_t i = 0; i < both.pixels.size(); ++i) both.pixels[i] |= other.pixels[i];
  stream.expect(None, {}, stream.full());
  stream.expect(Stale, {{1, 0.9f, mask}}, stream.full());
  stream.expect(Fresh, {{1, 0.9f, mask}}, mask);
  stream.expect(None, {}, mask, 1);
  stream.expect(Stale, {}, mask, 2);
  stream.expect(OfAnotherSize, {}, mask, 3);
  gst_harness_set_src_caps_str(stream.harness, (stream.caps + ",pixel-aspect-ratio=2/1").c_str());
  stream.expect(None, {}, mask, 4);
  stream.expect(Stale, {{2, 0.9f, other}}, both, 5);
  stream.expect(Fresh, {{1, 0.9f, mask}, {2, 0.9f, other}}, both);
  stream.expect(Fresh, {}, stream.none());
  stream.expect(None, {}, stream.none());
  stream.expect(Fresh, {{1, 0.9f, mask}}, mask);
  stream.flush();
  stream.expect(None, {}, stream.full());
  stream.expect(Fresh, {}, stream.none());
  stream.change_size({80, 64});
  stream.expect(None, {}, stream.full());
}
GST_END_TEST;

// The margin grows until the frame is hidden, and stays there.
GST_START_TEST(test_long_without_results) {
  Stream stream({96, 64});
  vcl::Mask dot = stream.none();
  dot.at(0, 0) = 1;
  stream.expect(Stream::Result::Fresh, {{1, 0.9f, dot}}, dot);
  for (int i = 1; i < 120; ++i) stream.expect(Stream::Result::None, {}, dot, i);
}
GST_END_TEST;

// Whoever hides only now knows of no result that came before.
GST_START_TEST(test_style_changes_while_it_plays) {
  Stream stream({96, 64});
  const vcl::Mask mask = random_mask(stream.size, 7);
  stream.expect(Stream::Result::Fresh, {{1, 0.9f, mask}}, mask);
  gst_harness_set(stream.harness, "vcl-overlay", "style", 0, nullptr);
  stream.expect(Stream::Result::None, {}, stream.none());
  gst_harness_set(stream.harness, "vcl-overlay", "style", 3, nullptr);
  stream.expect(Stream::Result::None, {}, stream.full());
}
GST_END_TEST;

// A buffer that cannot be hidden does not pass. Frames without metadata are told of once.
GST_START_TEST(test_what_cannot_be_hidden) {
  const std::string caps = check::caps_string("I420", 64, 48);
  GstHarness* harness = check::start("vcl-overlay style=mosaic", caps);
  GstElement* element = gst_harness_find_element(harness, "vcl-overlay");
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  for (int n = 0; n < 3; ++n) gst_buffer_unref(gst_harness_push_and_pull(harness, noise(caps, 1, n)));
  fail_unless(check::only_warning(bus).find("vcl-vis-segment") != std::string::npos);
  GstBuffer* broken = gst_buffer_new_allocate(nullptr, 100, nullptr);
  gst_buffer_memset(broken, 0, 7, 100);
  fail_unless_equals_int(gst_harness_push(harness, broken), GST_FLOW_ERROR);
  fail_unless_equals_int(int(gst_harness_buffers_in_queue(harness)), 0);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// No style that hides is left to elements downstream.
GST_START_TEST(test_hiding_is_never_attached) {
  for (const std::string& style : kStyles)
    for (const char* attach : {"auto", "always"}) {
      const std::string error = check::error_of("vcl-overlay style=" + style + " attach-composition=" + attach,
                                                GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
      fail_unless(error.find("attach-composition=never") != std::string::npos, "%s", error.c_str());
    }
  GstHarness* harness = check::start("vcl-overlay attach-composition=always", check::kCaps);
  gst_harness_set(harness, "vcl-overlay", "style", 2, nullptr);
  fail_unless_equals_int(gst_harness_push(harness, check::numbered_frame(check::kCaps, 0, {})), GST_FLOW_ERROR);
  fail_unless_equals_int(int(gst_harness_buffers_in_queue(harness)), 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* overlay_privacy_suite() {
  Suite* suite = suite_create("overlay_privacy");
  TCase* tests = tcase_create("overlay_privacy");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_only_means_are_left);
  tcase_add_test(tests, test_no_pixel_is_left);
  tcase_add_test(tests, test_inside_and_outside);
  tcase_add_test(tests, test_styles_look_as_they_are_called);
  tcase_add_test(tests, test_tiny_frames);
  tcase_add_test(tests, test_frames_without_results);
  tcase_add_test(tests, test_long_without_results);
  tcase_add_test(tests, test_style_changes_while_it_plays);
  tcase_add_test(tests, test_what_cannot_be_hidden);
  tcase_add_test(tests, test_hiding_is_never_attached);
  return suite;
}

GST_CHECK_MAIN(overlay_privacy)
