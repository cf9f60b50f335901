// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tools/media/input.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// The counts of a run over one input.
struct RunCounts {
  std::uint64_t frames = 0, tracks = 0;
};

/// Returns whether `folder` holds all requested results, made from this input in its current state by a finished run
/// with the same settings.
bool has_complete_results(const std::string& folder, const SegmentOptions& options, const Input& input);

/// Writes the record that has_complete_results reads. Call it after everything else is written.
void write_record(const std::string& folder, const SegmentOptions& options, const Input& input,
                  const RunCounts& counts);
void remove_record(const std::string& folder);

}  // namespace vcl
