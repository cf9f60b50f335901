// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "tools/segment/progress.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// Plays the pipeline to its end, an error or Ctrl-C. Whatever ends it, files are finalised when any
/// frame was decoded; a second Ctrl-C gives up on that.
/// Returns the empty string, or what went wrong and the cure in one line.
std::string play_to_end(GstElement* pipeline, const SegmentOptions& options, const Input& input,
                        const Progress& progress);

}  // namespace vcl
