// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/buffer_ptr.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// Adds instances to the metas of a stream. An instance that did not change since the previous frame is shared with it,
/// because a new one costs a copy of its pixels. Not thread-safe.
class RepeatedInstances {
 public:
  /// Returns whether the instance was added. If not, `error` holds the reason.
  bool add(GstVclInstancesMeta* meta, const vcl::Instance& instance, GError** error);
  /// Ends a frame. The next frame may repeat the instances added since the last call.
  void frame_done();

 private:
  struct Frame {
    std::vector<vcl::Instance> instances;
    BufferPtr holder;  // its meta has the same instances
  };

  Frame before_, now_;
};

}  // namespace gstvcl
