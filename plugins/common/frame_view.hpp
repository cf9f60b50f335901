// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include "vcl/frame.hpp"

namespace gstvcl {

/// A buffer mapped for reading as the caps say. Throws vcl::Error(Unsupported) when it is too small for them.
class MappedFrame {
 public:
  MappedFrame(GstBuffer* buffer, const GstVideoInfo& info);
  ~MappedFrame();
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  vcl::FrameView view() const;

 private:
  GstVideoFrame frame_;
};

}  // namespace gstvcl
