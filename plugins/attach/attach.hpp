// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/attach/analytics.hpp"
#include "plugins/attach/repeated_instances.hpp"
#include "plugins/draw/track_history.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// What is attached beside GstVclInstancesMeta and its custom twin.
struct AttachSettings {
  bool roi_metas = true;
  bool analytics_metas = kHaveAnalytics;
};

/// Writes the results of one stream, frame by frame, into the metas of their buffers. One thread.
class ResultAttacher {
 public:
  /// `buffer`: writable. `running_time`: of the frame, or none. Results of an earlier element on the buffer are
  /// replaced, but for the analytics metadata, to which is added.
  void attach(GstBuffer* buffer, const vcl::FrameResult& result, const AttachSettings& settings,
              GstClockTime running_time);
  /// All tracks end, and the frames before are forgotten.
  void restart() {
    history_.clear();
    instances_ = {};
  }

 private:
  TrackHistory history_;
  RepeatedInstances instances_;
};

}  // namespace gstvcl
