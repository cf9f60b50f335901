// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "common/repeated_instances.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// Writes the results of one stream, frame by frame, into the metas of their buffers. One thread.
class ResultAttacher {
 public:
  /// `buffer`: writable. It gets GstVclInstancesMeta, its custom twin and, if wanted, one ROI meta an instance. Results
  /// of an earlier element on it are replaced.
  void attach(GstBuffer* buffer, const vcl::FrameResult& result, bool roi_metas);
  /// Forgets the frames before.
  void restart() { instances_ = {}; }

 private:
  RepeatedInstances instances_;
};

}  // namespace gstvcl
