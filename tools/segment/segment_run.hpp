// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include "tools/media/camera.hpp"
#include "tools/media/range_gate.hpp"
#include "tools/segment/progress.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

struct RunEnd {
  std::string failure;     ///< empty, or the error and its cure in one line
  bool is_of_all = false;  ///< whether any input would fail like this: no model, no space
};

/// Plays the pipeline until its end, an error or Ctrl-C. In each case files are finalized if any frame was decoded; a
/// second Ctrl-C skips that. An interruption before the first frame calls `before_exit` and ends the process, because a
/// pipeline that hangs cannot be stopped. `gate` ends the stream before the input ends; it may be null.
/// `camera` connects the input anew; it may be null.
RunEnd play_to_end(GstElement* pipeline, const SegmentOptions& options, const Input& input, const Progress& progress,
                   const RangeGate* gate, Camera* camera, const std::function<void()>& before_exit);

/// Ends the stream after what is already decoded. Call it in the decoding thread, or in one that may wait for it.
void end_stream(GstElement* pipeline);

}  // namespace vcl
