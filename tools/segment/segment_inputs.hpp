// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/segment/run_record.hpp"

namespace vcl {

/// Segments one input. `before_exit` is called if an interruption must end the process at once. Throws Error.
using SegmentOne = std::function<RunCounts(const SegmentOptions& options, const Input& input,
                                           const std::function<void()>& before_exit)>;

/// Runs `vcl segment` over several inputs, each with its results in its own folder. All inputs are checked before the
/// first one is opened. Inputs that cannot be read or that fail are listed at the end, and stop the run only with
/// --on-error stop. Throws Error.
void segment_inputs(const SegmentOptions& options, const std::vector<std::string>& names,
                    const SegmentOne& segment_one);

}  // namespace vcl
