// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "evaluation/davis_eval.hpp"

namespace vcl {

/// The index PNGs of a folder in the order of their names. Labels above kMostProposals are numbered anew where there
/// are no more of them than that, kVoidLabel stays. Throws Error(NotFound | Unreadable) naming the file: also where
/// sizes differ.
LabelVideo read_label_folder(const std::string& folder);

/// What `vcl segment --json` writes, as DAVIS takes it: proposal n is the n-th track by score (YtvisResults), the best
/// kMostProposals of them; where masks overlap the better track is on top. Throws as above.
LabelVideo read_label_lines(const std::string& path);

/// A sequence of a data set: what it is called and where its masks are.
struct DavisSequence {
  std::string name, truth, result;
};

/// The sequences in `truth` (<sequence>/*.png, or <sequence>/masks/*.png) and their results (<sequence>/*.png,
/// <sequence>.jsonl), by name. Throws Error(NotFound) naming a sequence without a result.
std::vector<DavisSequence> davis_sequences(const std::string& truth, const std::string& results);

}  // namespace vcl
