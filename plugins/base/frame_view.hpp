// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include "vcl/frame.hpp"

namespace gstvcl {

/// A buffer that is mapped as its caps describe, for reading by default. Throws vcl::Error(Invalid) if the buffer is
/// too small for the caps. No meta can be added while it is mapped.
class MappedFrame {
 public:
  MappedFrame(GstBuffer* buffer, const GstVideoInfo& info, GstMapFlags flags = GST_MAP_READ);
  ~MappedFrame();
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  vcl::FrameView view() const;
  GstVideoFrame* frame() { return &frame_; }

 private:
  GstVideoFrame frame_;
};

}  // namespace gstvcl
