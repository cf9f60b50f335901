// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/segment/run_record.hpp"

namespace vcl {

/// Segments one input. `before_exit` is called where an interruption has to end the process at once. Throws Error.
using SegmentOne = std::function<RunCounts(const SegmentOptions& options, const Input& input,
                                           const std::function<void()>& before_exit)>;

/// `vcl segment` over several inputs, each with its results in a folder of its own. All of them are checked before the
/// first one is opened. What cannot be read, or fails while it is done, is told at the end, and ends the run only with
/// --on-error stop. Throws Error.
void segment_inputs(const SegmentOptions& options, const std::vector<std::string>& names,
                    const SegmentOne& segment_one);

}  // namespace vcl
