// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/media/input.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// `--out DIR`: each input has a folder of its own there, and in it what `--results` names.

/// Where a kind of result lies in its folder, and the option that names it alone.
struct ResultKind {
  const char* name;  ///< as in --results
  const char* file;
  const char* option;
  std::string SegmentOptions::*location;

  bool is_wanted(const SegmentOptions& options) const;
};
const std::vector<ResultKind>& result_kinds();

/// Says last that the others are complete.
constexpr const char* kRecord = "run.json";

/// Throws Error(Invalid) where an option names a single result, which `--out` names too or several inputs cannot share.
void check_single_results(const SegmentOptions& options, std::size_t inputs);

/// DIR/NAME of each input: the name of a file is without its ending, that of pictures is their folder's.
/// Throws Error(Invalid) where two have one folder, or are the same.
std::vector<std::string> result_folders(const std::string& out, const std::vector<Input>& inputs);

/// The same options with all results in `folder`.
SegmentOptions with_results_in(const SegmentOptions& options, const std::string& folder);

/// The same for photos, which share a folder: as one may write --overlay DIR/overlay --json DIR/results.jsonl and so
/// on.
SegmentOptions with_results_of_photos(const SegmentOptions& options);

/// Throws Error(Invalid) where any of the results of the whole run is something that the run reads.
void check_results(const SegmentOptions& options, const std::vector<Input>& inputs,
                   const std::vector<std::string>& folders);

}  // namespace vcl
