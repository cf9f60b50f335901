// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/meta/transformed_size.hpp"

#include <gst/video/video.h>

namespace gstvcl {

vcl::Size transformed_size(vcl::Size frame, GQuark type, gpointer data) {
  if (GST_META_TRANSFORM_IS_COPY(type)) {
    const bool whole_buffer = !static_cast<GstMetaTransformCopy*>(data)->region;
    return whole_buffer ? frame : vcl::Size{};
  }
  if (!GST_VIDEO_META_TRANSFORM_IS_SCALE(type)) return {};
  const auto* scale = static_cast<GstVideoMetaTransform*>(data);
  const bool same_frame =
      vcl::Size{GST_VIDEO_INFO_WIDTH(scale->in_info), GST_VIDEO_INFO_HEIGHT(scale->in_info)} == frame;
  return same_frame ? vcl::Size{GST_VIDEO_INFO_WIDTH(scale->out_info), GST_VIDEO_INFO_HEIGHT(scale->out_info)}
                    : vcl::Size{};
}

}  // namespace gstvcl
