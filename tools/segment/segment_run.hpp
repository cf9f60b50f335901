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
  std::string failure;     ///< empty, or what went wrong and the cure in one line
  bool is_of_all = false;  ///< that would fail with any input: no model, no space
};

/// Plays the pipeline to its end, an error or Ctrl-C. Whatever ends it, files are finalised when any
/// frame was decoded; a second Ctrl-C gives up on that. An interruption before the first frame ends the process behind
/// `before_exit`: what hangs cannot be stopped.
/// `gate`: null, or what ends the stream before the input. `camera`: null, or what connects the input anew.
RunEnd play_to_end(GstElement* pipeline, const SegmentOptions& options, const Input& input, const Progress& progress,
                   const RangeGate* gate, Camera* camera, const std::function<void()>& before_exit);

/// Ends the stream behind what is already decoded. Call it from the thread that decodes, or from one that may wait for
/// that thread.
void end_stream(GstElement* pipeline);

}  // namespace vcl
