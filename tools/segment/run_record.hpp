// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tools/media/input.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// What a run over one input did.
struct RunCounts {
  std::uint64_t frames = 0, tracks = 0;
};

/// Whether `folder` holds all results that are asked for, of this input as it is now, of a run with the same settings
/// that came to its end.
bool has_complete_results(const std::string& folder, const SegmentOptions& options, const Input& input);

/// Tells has_complete_results of it; to be written when all else is.
void write_record(const std::string& folder, const SegmentOptions& options, const Input& input,
                  const RunCounts& counts);
void remove_record(const std::string& folder);

}  // namespace vcl
