// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "vcl/error.hpp"

namespace gstvcl {

/// The bytes of a buffer, mapped as long as this lives. Throws vcl::Error(Resource) if they cannot be mapped, as when
/// there was no memory for the buffer (null).
class MappedBuffer {
 public:
  MappedBuffer(GstBuffer* buffer, GstMapFlags flags) : buffer_(buffer) {
    if (!buffer || !gst_buffer_map(buffer, &map_, flags))
      throw vcl::Error(vcl::ErrorKind::Resource, "The memory of a buffer cannot be mapped: use smaller frames.");
  }
  ~MappedBuffer() { gst_buffer_unmap(buffer_, &map_); }
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;

  guint8* data() const { return map_.data; }
  gsize size() const { return map_.size; }

 private:
  GstBuffer* buffer_;
  GstMapInfo map_;
};

}  // namespace gstvcl
