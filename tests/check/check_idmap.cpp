// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check_idmap.hpp"

#include <cmath>

namespace check {

vcl::Mask box_mask(const GstVclBox& box) {
  vcl::Mask mask(kWidth, kHeight);
  for (int y = box.y; y < box.y + box.height; ++y)
    for (int x = box.x; x < box.x + box.width; ++x) mask.at(x, y) = 1;
  return mask;
}

void attach(GstBuffer* buffer, const std::vector<Object>& objects, vcl::Size frame) {
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(buffer, guint(frame.width), guint(frame.height));
  for (const Object& object : objects) {
    const std::string rle = vcl::rle_to_string(vcl::rle_encode(object.mask));
    fail_unless(gst_vcl_instances_meta_add_instance(meta, object.track_id, object.score, GST_VCL_INSTANCE_FLAG_NONE,
                                                    rle.c_str(), nullptr));
  }
}

const Object* topmost(const std::vector<Object>& objects, int x, int y) {
  const Object* best = nullptr;
  for (const Object& object : objects)
    if (object.mask.at(x, y) && (!best || object.score > best->score || (std::isnan(best->score) && object.score <= 1)))
      best = &object;
  return best;
}

void assert_pixels(GstBuffer* buffer, const std::string& caps, const std::function<guint64(int, int)>& expected) {
  GstVideoInfo info = check::video_info(caps);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ), "not a frame of %s", caps.c_str());
  const int bytes = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0);
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); ++y)
    for (int x = 0; x < GST_VIDEO_FRAME_WIDTH(&frame); ++x) {
      const guint8* pixel = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                            y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + x * bytes;
      guint64 value = 0;
      for (int i = bytes; i-- > 0;) value = value << 8 | pixel[i];
      const guint64 wanted = expected(x, y);
      fail_unless(value == wanted, "%d,%d holds %" G_GUINT64_FORMAT " instead of %" G_GUINT64_FORMAT, x, y, value,
                  wanted);
    }
  gst_video_frame_unmap(&frame);
}

void assert_ids(GstBuffer* buffer, const std::string& format, const std::vector<Object>& objects) {
  const guint64 values = format == "GRAY8" ? 255 : 65535;
  assert_pixels(buffer, check::caps_string(format, kWidth, kHeight), [&](int x, int y) {
    const Object* object = topmost(objects, x, y);
    return object ? (object->track_id - 1) % values + 1 : 0;
  });
}

GstBuffer* push_and_pull(GstHarness* harness, const std::string& caps, const std::vector<Object>& objects) {
  GstBuffer* buffer = check::numbered_frame(caps, 0, {}, 3);
  attach(buffer, objects);
  return gst_harness_push_and_pull(harness, buffer);
}

std::string output_format(GstHarness* harness) {
  GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
  fail_unless(caps != nullptr, "nothing was negotiated");
  const std::string format = gst_structure_get_string(gst_caps_get_structure(caps, 0), "format");
  gst_caps_unref(caps);
  return format;
}

std::string only_warning(GstBus* bus) {
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
  fail_unless(message != nullptr, "no warning");
  GError* error = nullptr;
  gst_message_parse_warning(message, &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  gst_message_unref(message);
  fail_unless(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING) == nullptr, "more than one warning");
  return text;
}

}  // namespace check
