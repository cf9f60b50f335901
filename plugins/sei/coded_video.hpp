// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

#include <optional>

#include "vcl/geometry.hpp"
#include "vcl/sei.hpp"

/// What the SEI elements take: encoded video, one whole access unit per buffer, or raw video.
#define GST_VCL_SEI_CAPS                                                                    \
  "video/x-h264, stream-format=(string){ byte-stream, avc, avc3 }, alignment=(string)au, "  \
  "width=(int)[ 1, MAX ], height=(int)[ 1, MAX ]; "                                         \
  "video/x-h265, stream-format=(string){ byte-stream, hvc1, hev1 }, alignment=(string)au, " \
  "width=(int)[ 1, MAX ], height=(int)[ 1, MAX ]; "                                         \
  "video/x-raw(ANY)"

namespace gstvcl {

/// The video that passes an SEI element.
struct CodedVideo {
  vcl::Size size;
  std::optional<vcl::NalFormat> format;  ///< of encoded video
};

/// Reads caps that match GST_VCL_SEI_CAPS. Returns nothing if their codec_data is missing or too short.
std::optional<CodedVideo> coded_video(const GstCaps* caps);

/// A prepare_output_buffer function for elements that change the buffer's metas or the list of its memories: a buffer
/// that others hold, too, is copied without its bytes.
GstFlowReturn share_bytes(GstBaseTransform* base, GstBuffer* input, GstBuffer** output);

}  // namespace gstvcl
