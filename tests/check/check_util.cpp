// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check_util.hpp"

#include <filesystem>

namespace check {
namespace {

// White and black of a component, in the format's own range.
guint8 level(const GstVideoInfo* info, guint component, bool white) {
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  gst_video_color_range_offsets(info->colorimetry.range, info->finfo, offset, scale);
  if (GST_VIDEO_INFO_IS_YUV(info) && component > 0) return guint8(offset[component]);
  return guint8(offset[component] + (white ? scale[component] : 0));
}

void paint(GstVideoFrame* frame, const GstVclBox& box, bool white) {
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame); ++c) {
    auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(frame, c));
    const auto* format = frame->info.finfo;
    for (int y = box.y; y < box.y + box.height; ++y)
      for (int x = box.x; x < box.x + box.width; ++x)
        data[(y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, c)) * GST_VIDEO_FRAME_COMP_STRIDE(frame, c) +
             (x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, c)) * GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c)] =
            level(&frame->info, c, white);
  }
}

}  // namespace

const std::vector<std::string>& formats() {
  static const std::vector<std::string> all = {"RGB",  "BGR",  "RGBA", "BGRA",  "RGBx", "BGRx", "ARGB",
                                               "ABGR", "xRGB", "xBGR", "GRAY8", "I420", "NV12"};
  return all;
}

std::string caps_string(const std::string& format, int width, int height, const std::string& more) {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(width) + ",height=" + std::to_string(height) +
         "," + more;
}

GstVideoInfo video_info(const std::string& text) {
  GstCaps* caps = gst_caps_from_string(text.c_str());
  GstVideoInfo info;
  fail_unless(caps && gst_video_info_from_caps(&info, caps), "bad caps %s", text.c_str());
  gst_caps_unref(caps);
  return info;
}

GstBuffer* frame_with_boxes(GstVideoInfo* info, const std::vector<GstVclBox>& boxes, int padding) {
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {};
  gsize size = 0;
  for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(info); ++plane) {
    const int rows = plane == 0 ? GST_VIDEO_INFO_HEIGHT(info) : (GST_VIDEO_INFO_HEIGHT(info) + 1) / 2;
    offsets[plane] = size;
    strides[plane] = GST_VIDEO_INFO_PLANE_STRIDE(info, plane) + padding;
    size += gsize(strides[plane]) * gsize(rows);
  }
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, 0xA5, size);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(info),
                                 guint(GST_VIDEO_INFO_WIDTH(info)), guint(GST_VIDEO_INFO_HEIGHT(info)),
                                 GST_VIDEO_INFO_N_PLANES(info), offsets, strides);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, info, buffer, GST_MAP_WRITE));
  paint(&frame, {0, 0, GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info)}, false);
  for (const GstVclBox& box : boxes) paint(&frame, box, true);
  gst_video_frame_unmap(&frame);
  return buffer;
}

GstBuffer* numbered_frame(const std::string& caps, int n, const std::vector<GstVclBox>& boxes, int padding) {
  GstVideoInfo info = video_info(caps);
  GstBuffer* buffer = frame_with_boxes(&info, boxes, padding);
  GST_BUFFER_PTS(buffer) = GstClockTime(n) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  return buffer;
}

GstHarness* start(const std::string& element, const std::string& caps) {
  GstHarness* harness = gst_harness_new_parse(element.c_str());
  gst_harness_set_src_caps_str(harness, caps.c_str());
  return harness;
}

void push_frames(GstHarness* harness, const std::string& caps, int first, int last,
                 const std::vector<GstVclBox>& boxes) {
  for (int n = first; n <= last; ++n)
    fail_unless_equals_int(gst_harness_push(harness, numbered_frame(caps, n, boxes)), GST_FLOW_OK);
}

SmallPool::SmallPool(const std::string& caps, guint buffers) : caps_(caps), pool_(gst_buffer_pool_new()) {
  GstVideoInfo info = video_info(caps);
  GstStructure* config = gst_buffer_pool_get_config(pool_);
  g_autoptr(GstCaps) of_frames = gst_caps_from_string(caps.c_str());
  gst_buffer_pool_config_set_params(config, of_frames, guint(GST_VIDEO_INFO_SIZE(&info)), buffers, buffers);
  fail_unless(gst_buffer_pool_set_config(pool_, config));
  fail_unless(gst_buffer_pool_set_active(pool_, TRUE));
}

SmallPool::~SmallPool() {
  gst_buffer_pool_set_active(pool_, FALSE);
  gst_object_unref(pool_);
}

GstBuffer* SmallPool::numbered_frame(int n, const std::vector<GstVclBox>& boxes) {
  GstBufferPoolAcquireParams params = {};
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  GstBuffer* buffer;
  fail_unless_equals_int(gst_buffer_pool_acquire_buffer(pool_, &buffer, &params), GST_FLOW_OK);
  GstBuffer* drawn = check::numbered_frame(caps_, n, boxes);
  GstMapInfo pixels;
  gst_buffer_map(drawn, &pixels, GST_MAP_READ);
  gst_buffer_fill(buffer, 0, pixels.data, pixels.size);
  gst_buffer_unmap(drawn, &pixels);
  gst_buffer_copy_into(buffer, drawn, GST_BUFFER_COPY_TIMESTAMPS, 0, gsize(-1));
  gst_buffer_unref(drawn);
  if (n % 2 == 0) return buffer;
  GstBuffer* shallow = gst_buffer_copy(buffer);
  gst_buffer_add_parent_buffer_meta(shallow, buffer);
  gst_buffer_unref(buffer);
  return shallow;
}

GstVclInstancesMeta* meta_of(GstBuffer* buffer) {
  fail_unless(buffer != nullptr, "a buffer was expected");
  GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  fail_unless(meta != nullptr, "the buffer has no instances meta");
  return meta;
}

std::string error_of(const std::string& element, GQuark domain, gint code) {
  GstElement* pipeline = gst_parse_launch(("videotestsrc num-buffers=5 ! " + element + " ! fakesink").c_str(), nullptr);
  fail_unless(pipeline != nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(bus, kPatience, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  fail_unless(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR, "no error from %s", element.c_str());
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, domain, code), "%s: wrong code in: %s (%s %d)", element.c_str(), error->message,
              g_quark_to_string(error->domain), error->code);
  const std::string text = error->message;
  g_error_free(error);
  gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return text;
}

void wait_for_eos(GstElement* pipeline) {
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(bus, kPatience, GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  fail_unless(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS, "the pipeline did not end well");
  gst_message_unref(message);
  gst_object_unref(bus);
}

GstClockTime time_since(gint64 monotonic_time) {
  return GstClockTime(g_get_monotonic_time() - monotonic_time) * GST_USECOND;
}

void assert_box(const GstVclInstance* instance, const GstVclBox& expected) {
  fail_unless(instance != nullptr, "an instance was expected");
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  fail_unless(
      box.x == expected.x && box.y == expected.y && box.width == expected.width && box.height == expected.height,
      "box is %d,%d %dx%d instead of %d,%d %dx%d", box.x, box.y, box.width, box.height, expected.x, expected.y,
      expected.width, expected.height);
}

TemporaryFolder::TemporaryFolder() {
  gchar* made = g_dir_make_tmp("vcl-check-XXXXXX", nullptr);
  fail_unless(made != nullptr);
  path = made;
  g_free(made);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  fail_unless(file.good(), "cannot read %s", path.c_str());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace check
