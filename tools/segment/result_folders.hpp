// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/media/input.hpp"
#include "tools/segment/segment_pipeline.hpp"

namespace vcl {

/// `--out DIR`: each input has its own folder in DIR, which holds the results that `--results` names.

/// The file of a kind of result in its folder, and the option that sets the file of this kind alone.
struct ResultKind {
  const char* name;  ///< as in --results
  const char* file;
  const char* option;
  std::string SegmentOptions::*location;

  bool is_wanted(const SegmentOptions& options) const;
};
const std::vector<ResultKind>& result_kinds();

/// Written last. It states that the other results are complete.
constexpr const char* kRecord = "run.json";

/// Throws Error(Invalid) if an option names a single result file and so conflicts with `--out` or with several inputs,
/// or if there are several inputs without `--out`.
void check_single_results(const SegmentOptions& options, std::size_t inputs);

/// Returns DIR/NAME for each input. NAME is a file's name without its extension, or the folder's name for pictures.
/// Throws Error(Invalid) if two inputs would share a folder or are the same.
std::vector<std::string> result_folders(const std::string& out, const std::vector<Input>& inputs);

/// Returns the options with all results in `folder`.
SegmentOptions with_results_in(const SegmentOptions& options, const std::string& folder);

/// Returns the options for photos, which share one folder. It is as if --overlay DIR/overlay --json DIR/results.jsonl
/// and so on were given.
SegmentOptions with_results_of_photos(const SegmentOptions& options);

/// Throws Error(Invalid) if a result of the run would overwrite one of its inputs.
void check_results(const SegmentOptions& options, const std::vector<Input>& inputs,
                   const std::vector<std::string>& folders);

}  // namespace vcl
