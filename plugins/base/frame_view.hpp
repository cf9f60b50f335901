// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include "vcl/frame.hpp"

namespace gstvcl {

/// A buffer mapped as the caps say, for reading unless told otherwise. Throws vcl::Error(Invalid) when it is too small
/// for them. While it is mapped no meta can be added.
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
