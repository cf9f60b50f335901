// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/attach/analytics.hpp"
#include "plugins/attach/repeated_instances.hpp"
#include "plugins/draw/track_history.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// What is attached besides GstVclInstancesMeta and its custom twin.
struct AttachSettings {
  bool roi_metas = true;
  bool analytics_metas = kHaveAnalytics;
};

/// Writes the results of one stream, frame by frame, to the metas of their buffers. Not thread-safe.
class ResultAttacher {
 public:
  /// `buffer`: writable. `running_time`: of the frame, or GST_CLOCK_TIME_NONE. Replaces the results of an earlier
  /// element on the buffer, except analytics metadata, which is extended.
  void attach(GstBuffer* buffer, const vcl::FrameResult& result, const AttachSettings& settings,
              GstClockTime running_time);
  /// Ends all tracks and drops the state of earlier frames.
  void restart() {
    history_.clear();
    instances_ = {};
  }

 private:
  TrackHistory history_;
  RepeatedInstances instances_;
};

}  // namespace gstvcl
