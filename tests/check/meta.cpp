// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVclInstancesMeta, its custom twin and the ROI metas: what they hold, and what other elements make of them.
#include <random>
#include <set>

#include "check_util.hpp"
#include "vcl/error.hpp"
#include "vcl/mask_crop.hpp"

namespace {

using check::meta_of;

constexpr int kWidth = 64, kHeight = 48;

vcl::Rle box_mask(const GstVclBox& box, int width, int height) {
  vcl::Mask mask(width, height);
  for (int y = box.y; y < box.y + box.height; ++y)
    for (int x = box.x; x < box.x + box.width; ++x) mask.at(x, y) = 1;
  return vcl::rle_encode(mask);
}

// A frame with a track 7 on `box`, a custom twin and a ROI.
GstBuffer* frame_with_metas(const std::string& caps, const GstVclBox& box) {
  GstBuffer* buffer = check::numbered_frame(caps, 0, {});
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(buffer, kWidth, kHeight);
  const std::string rle = vcl::rle_to_string(box_mask(box, kWidth, kHeight));
  fail_unless(gst_vcl_instances_meta_add_instance(meta, 7, 0.75f, GST_VCL_INSTANCE_FLAG_NEW, rle.c_str(), nullptr));
  fail_unless(gst_buffer_add_vcl_instances_custom_meta(buffer) != nullptr);
  return buffer;
}

const GstStructure* twin_of(GstBuffer* buffer) {
  GstCustomMeta* twin = gst_buffer_get_custom_meta(buffer, GST_VCL_INSTANCES_CUSTOM_META_NAME);
  return twin ? gst_custom_meta_get_structure(twin) : nullptr;
}

// Runs a frame with metas through `elements` to caps of another size or format.
GstBuffer* through(const std::string& elements, const GstVclBox& box) {
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  GstHarness* harness = check::start(elements, caps);
  fail_unless_equals_int(gst_harness_push(harness, frame_with_metas(caps, box)), GST_FLOW_OK);
  gst_harness_push_event(harness, gst_event_new_eos());  // videorate waits for a second frame, or this
  GstBuffer* out = gst_harness_pull(harness);
  gst_harness_teardown(harness);
  return out;
}

bool same_pixels(GstBuffer* mask, const vcl::Mask& expected) {
  GstMapInfo map;
  gst_buffer_map(mask, &map, GST_MAP_READ);
  bool same = map.size == expected.pixels.size();
  for (gsize i = 0; same && i < map.size; ++i) same = map.data[i] == (expected.pixels[i] ? 255 : 0);
  gst_buffer_unmap(mask, &map);
  return same;
}

vcl::Rle random_mask(std::mt19937& random, int width, int height) {
  vcl::Mask mask(width, height);
  std::uniform_int_distribution<int> percent(0, 99);
  const int density = percent(random);
  for (auto& pixel : mask.pixels) pixel = percent(random) < density;
  mask.pixels[random() % mask.pixels.size()] = 1;
  return vcl::rle_encode(mask);
}

}  // namespace

// Every accessor returns what the run lengths say, for masks of any shape.
GST_START_TEST(test_accessors) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    const int width = 1 + int(random() % 40), height = 1 + int(random() % 40);
    const vcl::Rle mask = random_mask(random, width, height);
    const std::string rle = vcl::rle_to_string(mask);
    GstBuffer* buffer = gst_buffer_new();
    GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(buffer, guint(width), guint(height));
    fail_unless(
        gst_vcl_instances_meta_add_instance(meta, 1ull << 40, 0.5f, GST_VCL_INSTANCE_FLAG_NONE, rle.c_str(), nullptr));
    fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), 1);
    fail_unless(gst_vcl_instances_meta_get_instance(meta, 1) == nullptr);
    const GstVclInstance* instance = gst_vcl_instances_meta_find_track(meta, 1ull << 40);
    const vcl::Box box = vcl::rle_box(mask);
    check::assert_box(instance, {box.x, box.y, box.width, box.height});
    fail_unless_equals_uint64(gst_vcl_instance_get_area(instance), vcl::rle_area(mask));
    fail_unless_equals_string(gst_vcl_instance_get_rle(instance), rle.c_str());
    fail_unless(same_pixels(gst_vcl_instance_get_mask(instance), vcl::rle_crop(mask, box)));
    const GstVideoMeta* video = gst_buffer_get_video_meta(gst_vcl_instance_get_mask(instance));
    fail_unless(video->format == GST_VIDEO_FORMAT_GRAY8 && video->stride[0] == box.width);
    gst_buffer_unref(buffer);
  }
}
GST_END_TEST;

// Text from outside is refused with a reason, never believed.
GST_START_TEST(test_hostile_rle) {
  GstBuffer* buffer = gst_buffer_new();
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(buffer, 8, 8);
  const std::string empty = vcl::rle_to_string(vcl::rle_encode(vcl::Mask(8, 8)));
  for (const std::string& text : {std::string(), std::string("oooooooooooooooo"), std::string("\x01\x02"), empty,
                                  vcl::rle_to_string(box_mask({0, 0, 9, 9}, 9, 9))}) {
    GError* error = nullptr;
    fail_if(gst_vcl_instances_meta_add_instance(meta, 1, 1, GST_VCL_INSTANCE_FLAG_NONE, text.c_str(), &error));
    fail_unless(g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT) && *error->message);
    g_clear_error(&error);
  }
  fail_unless_equals_int(gst_vcl_instances_meta_get_n_instances(meta), 0);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// A copied buffer shares the masks and outlives the original; a part of a buffer carries no instances.
GST_START_TEST(test_copy) {
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  GstBuffer* buffer = frame_with_metas(caps, {3, 4, 10, 20});
  GstBuffer* mask = gst_vcl_instance_get_mask(gst_vcl_instances_meta_get_instance(meta_of(buffer), 0));
  GstBuffer* copy = gst_buffer_copy(buffer);
  GstBuffer* part = gst_buffer_copy_region(buffer, GST_BUFFER_COPY_ALL, 0, 100);
  gst_buffer_unref(buffer);
  const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta_of(copy), 0);
  fail_unless(gst_vcl_instance_get_mask(instance) == mask);
  check::assert_box(instance, {3, 4, 10, 20});
  fail_unless(twin_of(copy) != nullptr);
  fail_unless(gst_buffer_get_vcl_instances_meta(part) == nullptr && twin_of(part) == nullptr);
  gst_buffer_unref(copy);
  gst_buffer_unref(part);
}
GST_END_TEST;

// A mask is its crop put back; a crop beyond the frame is refused.
GST_START_TEST(test_repeated_instance) {
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  GstBuffer* first = frame_with_metas(caps, {3, 4, 5, 6});
  GstBuffer* second = check::numbered_frame(caps, 1, {});
  GstBuffer* third = check::numbered_frame(caps, 2, {});
  const GstVclInstance* fresh = gst_vcl_instances_meta_get_instance(meta_of(first), 0);
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(second, kWidth, kHeight);
  gst_vcl_instances_meta_repeat_instance(meta, fresh);
  const GstVclInstance* repeated = gst_vcl_instances_meta_get_instance(meta, 0);
  fail_unless_equals_int(gst_vcl_instance_get_flags(fresh), GST_VCL_INSTANCE_FLAG_NEW);
  fail_unless_equals_int(gst_vcl_instance_get_flags(repeated), GST_VCL_INSTANCE_FLAG_NONE);
  fail_unless(gst_vcl_instance_get_mask(repeated) == gst_vcl_instance_get_mask(fresh));
  fail_unless_equals_string(gst_vcl_instance_get_rle(repeated), gst_vcl_instance_get_rle(fresh));
  gst_vcl_instances_meta_repeat_instance(gst_buffer_add_vcl_instances_meta(third, kWidth, kHeight), repeated);
  gst_buffer_unref(first);
  gst_buffer_unref(second);
  const GstVclInstance* last = gst_vcl_instances_meta_get_instance(meta_of(third), 0);
  check::assert_box(last, {3, 4, 5, 6});
  fail_unless(gst_vcl_instance_get_track_id(last) == 7 && gst_vcl_instance_get_score(last) == 0.75f);
  fail_unless_equals_uint64(gst_vcl_instance_get_area(last), 30);
  gst_buffer_unref(third);
}
GST_END_TEST;

GST_START_TEST(test_crop_round_trip) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    const int width = 1 + int(random() % 30), height = 1 + int(random() % 30);
    const vcl::Rle mask = random_mask(random, width, height);
    const vcl::Box box = vcl::rle_box(mask);
    fail_unless(vcl::rle_from_crop(vcl::rle_crop(mask, box), box.x, box.y, {width, height}) == mask);
    for (const vcl::Box& outside : {vcl::Box{-1, 0, 1, 1}, vcl::Box{0, 0, width + 1, 1}, vcl::Box{0, height, 1, 1},
                                    vcl::Box{1, 0, 2147483647, 1}, vcl::Box{0, 0, -1, 1}}) {
      try {
        vcl::rle_crop(mask, outside);
        fail("a crop outside of the frame was accepted");
      } catch (const vcl::Error& error) {
        fail_unless(error.kind() == vcl::ErrorKind::Invalid);
      }
    }
  }
}
GST_END_TEST;

// Scaling takes each pixel from under its centre, and never loses an instance.
GST_START_TEST(test_scale_random) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const vcl::Size from{1 + int(random() % 30), 1 + int(random() % 30)},
        to{1 + int(random() % 50), 1 + int(random() % 50)};
    const vcl::Rle mask = random_mask(random, from.width, from.height);
    const vcl::Mask source = vcl::rle_decode(mask), scaled = vcl::rle_decode(vcl::rle_scale(mask, to));
    vcl::Mask expected(to.width, to.height);
    bool any = false;
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x)
        any |= (expected.at(x, y) =
                    source.at(int((x + 0.5) * from.width / to.width), int((y + 0.5) * from.height / to.height))) != 0;
    if (any)
      fail_unless(scaled.pixels == expected.pixels, "round %d", round);
    else
      fail_unless_equals_uint64(vcl::rle_area(vcl::rle_scale(mask, to)), 1);
  }
}
GST_END_TEST;

GST_START_TEST(test_kept_by_elements) {
  for (const char* elements :
       {"queue", "identity", "videorate", "videoconvert ! capsfilter caps=video/x-raw,format=I420", "tee ! queue",
        "jpegenc ! jpegdec"}) {
    GstBuffer* out = through(elements, {8, 8, 16, 12});
    check::assert_box(gst_vcl_instances_meta_find_track(meta_of(out), 7), {8, 8, 16, 12});
    fail_unless(twin_of(out) != nullptr, "the custom twin is lost in %s", elements);
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

// videoscale rescales box, mask, area, run lengths and the twin.
GST_START_TEST(test_scaled_by_videoscale) {
  GstBuffer* out = through("videoscale ! capsfilter caps=video/x-raw,width=128,height=96", {8, 8, 16, 12});
  GstVclInstancesMeta* meta = meta_of(out);
  fail_unless(meta->width == 128 && meta->height == 96);
  const GstVclInstance* instance = gst_vcl_instances_meta_find_track(meta, 7);
  check::assert_box(instance, {16, 16, 32, 24});
  fail_unless_equals_uint64(gst_vcl_instance_get_area(instance), 32 * 24);
  fail_unless_equals_int(gst_vcl_instance_get_flags(instance), GST_VCL_INSTANCE_FLAG_NEW);
  const vcl::Rle expected = box_mask({16, 16, 32, 24}, 128, 96);
  fail_unless(vcl::rle_to_string(expected) == gst_vcl_instance_get_rle(instance));

  const GstStructure* twin = twin_of(out);
  gint width, x;
  GstStructure* entry = nullptr;
  fail_unless(gst_structure_get(twin, "width", G_TYPE_INT, &width, "instance-0", GST_TYPE_STRUCTURE, &entry, nullptr));
  fail_unless(gst_structure_get_int(entry, "x", &x));
  fail_unless(width == 128 && x == 16);
  fail_unless_equals_string(gst_structure_get_string(entry, "rle"), gst_vcl_instance_get_rle(instance));
  gst_structure_free(entry);
  gst_buffer_unref(out);
}
GST_END_TEST;

// Where the geometry is lost the metas go, rather than lie.
GST_START_TEST(test_dropped_by_elements) {
  for (const char* elements :
       {"videoflip video-direction=90r", "videoflip video-direction=180", "videocrop left=8", "videobox left=-8"}) {
    GstBuffer* out = through(elements, {8, 8, 16, 12});
    fail_unless(gst_buffer_get_vcl_instances_meta(out) == nullptr, "%s keeps the meta", elements);
    fail_unless(twin_of(out) == nullptr, "%s keeps the twin", elements);
    gst_buffer_unref(out);
  }
}
GST_END_TEST;

// The twin tells the same as the meta.
GST_START_TEST(test_custom_twin) {
  GstBuffer* buffer = frame_with_metas(check::caps_string("RGB", kWidth, kHeight), {1, 2, 3, 4});
  const GstStructure* twin = twin_of(buffer);
  guint count;
  guint64 frame, pts, id, area;
  gint width, height, x, y, w, h;
  gboolean stale, is_new;
  gdouble score;
  GstStructure* entry = nullptr;
  GstBuffer* mask = nullptr;
  fail_unless(gst_structure_get(twin, "frame", G_TYPE_UINT64, &frame, "pts", G_TYPE_UINT64, &pts, "width", G_TYPE_INT,
                                &width, "height", G_TYPE_INT, &height, "stale", G_TYPE_BOOLEAN, &stale, "instances",
                                G_TYPE_UINT, &count, "instance-0", GST_TYPE_STRUCTURE, &entry, nullptr));
  fail_unless(gst_structure_get(entry, "id", G_TYPE_UINT64, &id, "score", G_TYPE_DOUBLE, &score, "x", G_TYPE_INT, &x,
                                "y", G_TYPE_INT, &y, "width", G_TYPE_INT, &w, "height", G_TYPE_INT, &h, "area",
                                G_TYPE_UINT64, &area, "new", G_TYPE_BOOLEAN, &is_new, "mask", GST_TYPE_BUFFER, &mask,
                                nullptr));
  fail_unless(width == kWidth && height == kHeight && count == 1 && frame == 0 && pts == 0 && !stale);
  fail_unless(id == 7 && score == 0.75 && x == 1 && y == 2 && w == 3 && h == 4 && area == 12 && is_new);
  fail_unless_equals_uint64(gst_buffer_get_size(mask), 12);
  gst_buffer_unref(mask);
  gst_structure_free(entry);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// vcl-vis-segment attaches one ROI an instance with DL Streamer's parameters, unless told not to.
GST_START_TEST(test_roi_metas) {
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  const std::vector<GstVclBox> boxes = {{0, 0, 16, 12}, {32, 24, 8, 8}};
  for (const bool wanted : {true, false}) {
    GstHarness* harness =
        check::start(std::string("vcl-vis-segment window=1 attach-roi-meta=") + (wanted ? "true" : "false"), caps);
    GstBuffer* out = gst_harness_push_and_pull(harness, check::numbered_frame(caps, 0, boxes));
    gpointer state = nullptr;
    std::set<gint> ids;
    while (GstMeta* meta = gst_buffer_iterate_meta_filtered(out, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
      auto* roi = reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
      const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta_of(out), guint(roi->id));
      check::assert_box(instance, {gint(roi->x), gint(roi->y), gint(roi->w), gint(roi->h)});
      fail_unless_equals_string(g_quark_to_string(roi->roi_type), "instance");
      gdouble confidence, x_max;
      gint track;
      fail_unless(gst_structure_get(gst_video_region_of_interest_meta_get_param(roi, "detection"), "confidence",
                                    G_TYPE_DOUBLE, &confidence, "x_max", G_TYPE_DOUBLE, &x_max, nullptr));
      fail_unless(gst_structure_get_int(gst_video_region_of_interest_meta_get_param(roi, "object_id"), "id", &track));
      fail_unless(confidence == double(gst_vcl_instance_get_score(instance)));
      fail_unless(x_max == double(roi->x + roi->w) / kWidth);
      fail_unless_equals_uint64(guint64(track), gst_vcl_instance_get_track_id(instance));
      ids.insert(roi->id);
    }
    fail_unless_equals_int(int(ids.size()), wanted ? 2 : 0);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// Memory of the system that may refuse to be mapped.
struct _FickleAllocator {
  GstAllocator parent;
  bool refuses;
};
G_DECLARE_FINAL_TYPE(FickleAllocator, fickle_allocator, FICKLE, ALLOCATOR, GstAllocator)
G_DEFINE_TYPE(FickleAllocator, fickle_allocator, GST_TYPE_ALLOCATOR)

struct FickleMemory {
  GstMemory parent;
  gpointer bytes;
};

static void fickle_allocator_class_init(FickleAllocatorClass* klass) {
  klass->parent_class.alloc = [](GstAllocator* allocator, gsize size, GstAllocationParams*) {
    auto* memory = g_new0(FickleMemory, 1);
    gst_memory_init(&memory->parent, GstMemoryFlags(0), allocator, nullptr, size, 0, 0, size);
    memory->bytes = g_malloc0(size);
    return &memory->parent;
  };
  klass->parent_class.free = [](GstAllocator*, GstMemory* memory) {
    g_free(reinterpret_cast<FickleMemory*>(memory)->bytes);
    g_free(memory);
  };
}

static void fickle_allocator_init(FickleAllocator* self) {
  GST_ALLOCATOR(self)->mem_type = "fickle";
  GST_ALLOCATOR(self)->mem_map = [](GstMemory* memory, gsize, GstMapFlags) {
    return FICKLE_ALLOCATOR(memory->allocator)->refuses ? nullptr : reinterpret_cast<FickleMemory*>(memory)->bytes;
  };
  GST_ALLOCATOR(self)->mem_unmap = [](GstMemory*) {};
}

GST_START_TEST(test_memory_that_cannot_be_mapped) {
  auto* allocator = FICKLE_ALLOCATOR(g_object_new(fickle_allocator_get_type(), nullptr));
  gst_object_ref_sink(allocator);
  const std::string caps = check::caps_string("RGB", kWidth, kHeight);
  GstBuffer* buffer = check::numbered_frame(caps, 0, {});
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(buffer, kWidth, kHeight);
  const std::string rle = vcl::rle_to_string(box_mask({4, 4, 20, 20}, kWidth, kHeight));
  gst_allocator_set_default(GST_ALLOCATOR(gst_object_ref(allocator)));

  allocator->refuses = true;
  GError* error = nullptr;
  fail_if(gst_vcl_instances_meta_add_instance(meta, 7, 0.75f, GST_VCL_INSTANCE_FLAG_NEW, rle.c_str(), &error));
  fail_unless(strstr(error->message, "cannot be mapped"));
  g_clear_error(&error);
  fail_unless_equals_int(int(gst_vcl_instances_meta_get_n_instances(meta)), 0);

  allocator->refuses = false;
  fail_unless(gst_vcl_instances_meta_add_instance(meta, 7, 0.75f, GST_VCL_INSTANCE_FLAG_NEW, rle.c_str(), nullptr));
  gst_allocator_set_default(gst_allocator_find(GST_ALLOCATOR_SYSMEM));
  allocator->refuses = true;
  for (const char* element : {"vcl-overlay", "vcl-idmap"}) {
    GstHarness* harness = gst_harness_new(element);
    GstBus* bus = gst_bus_new();
    gst_element_set_bus(harness->element, bus);
    gst_harness_set_src_caps_str(harness, caps.c_str());
    fail_unless_equals_int(gst_harness_push(harness, gst_buffer_copy(buffer)), GST_FLOW_ERROR);
    GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    fail_unless(message, "%s reports no error", element);
    gst_message_unref(message);
    gst_harness_teardown(harness);
    gst_object_unref(bus);
  }
  gst_buffer_unref(buffer);
  gst_object_unref(allocator);
}
GST_END_TEST;

static Suite* meta_suite() {
  Suite* suite = suite_create("meta");
  TCase* tests = tcase_create("meta");
  suite_add_tcase(suite, tests);
  gst_vcl_instances_custom_meta_register();
  tcase_add_test(tests, test_accessors);
  tcase_add_test(tests, test_hostile_rle);
  tcase_add_test(tests, test_copy);
  tcase_add_test(tests, test_repeated_instance);
  tcase_add_test(tests, test_crop_round_trip);
  tcase_add_test(tests, test_scale_random);
  tcase_add_test(tests, test_kept_by_elements);
  tcase_add_test(tests, test_scaled_by_videoscale);
  tcase_add_test(tests, test_dropped_by_elements);
  tcase_add_test(tests, test_custom_twin);
  tcase_add_test(tests, test_roi_metas);
  tcase_add_test(tests, test_memory_that_cannot_be_mapped);
  return suite;
}

GST_CHECK_MAIN(meta)
