// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/painted_photo.hpp"

#include <gst/vcl/gstvclinstancesmeta.h>
#include <gst/video/video.h>

#include "plugins/overlay/privacy.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// Wraps the picture as a mapped frame, without copying pixels. Throws Error(Unsupported) if it is too large.
GstVideoFrame frame_of(cv::Mat& bgr) {
  GstVideoFrame frame{};
  if (!gst_video_info_set_format(&frame.info, GST_VIDEO_FORMAT_BGR, guint(bgr.cols), guint(bgr.rows)))
    throw Error(ErrorKind::Unsupported, "it is too large to be painted; make it smaller");
  frame.info.stride[0] = gint(bgr.step[0]);
  frame.data[0] = bgr.data;
  return frame;
}

}  // namespace

void paint_result(cv::Mat& bgr, const FrameResult& result, const Painting& painting) {
  g_autoptr(GstBuffer) holder = gst_buffer_new();
  GstVclInstancesMeta* meta = gst_buffer_add_vcl_instances_meta(holder, guint(bgr.cols), guint(bgr.rows));
  for (const Instance& instance : result.instances) {
    g_autoptr(GError) error = nullptr;
    if (!gst_vcl_instances_meta_add_instance(meta, instance.track_id, instance.score, GST_VCL_INSTANCE_FLAG_NONE,
                                             rle_to_string(instance.mask).c_str(), &error))
      throw Error(ErrorKind::Invalid, error->message);
  }
  GstVideoFrame frame = frame_of(bgr);
  if (painting.hiding() != gstvcl::Style::Paint) return gstvcl::Privacy().hide(&frame, meta, painting.hiding());
  gstvcl::Painter painter(&frame);
  gstvcl::Trails trails;
  gstvcl::draw_scene(painter, meta, painting.scene(), trails);
}

}  // namespace vcl
