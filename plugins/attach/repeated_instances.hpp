// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/buffer_ptr.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// Makes the instances of the metas of a stream. One that is as it was in the frame before is shared with it: to make
/// it again costs a copy of its pixels. One thread.
class RepeatedInstances {
 public:
  /// Returns whether the instance was added, else why not in `error`.
  bool add(GstVclInstancesMeta* meta, const vcl::Instance& instance, GError** error);
  /// What was added since the last call is what the next frame may repeat.
  void frame_done();

 private:
  struct Frame {
    std::vector<vcl::Instance> instances;
    BufferPtr holder;  // of a meta with the same instances
  };

  Frame before_, now_;
};

}  // namespace gstvcl
