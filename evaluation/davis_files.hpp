// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "evaluation/davis_eval.hpp"

namespace vcl {

/// Reads the index PNGs of a folder in the order of their names. If a label exceeds kMostProposals, all labels except
/// kVoidLabel are renumbered from 1. Throws Error(NotFound | Unreadable) that names the file, also if sizes differ or
/// there are more than kMostProposals objects.
LabelVideo read_label_folder(const std::string& folder);

/// Reads the output of `vcl segment --json` as DAVIS expects it. Proposal n is the n-th track by score (YtvisResults);
/// only the best kMostProposals tracks are used. Where masks overlap, the better track is on top. Throws like
/// read_label_folder.
LabelVideo read_label_lines(const std::string& path);

/// A sequence of a data set: its name and the places of its masks.
struct DavisSequence {
  std::string name, truth, result;
};

/// Returns the sequences in `truth` (<sequence>/*.png, or <sequence>/masks/*.png) with their results (<sequence>/*.png,
/// <sequence>.jsonl), sorted by name. Throws Error(NotFound) that names a sequence without a result.
std::vector<DavisSequence> davis_sequences(const std::string& truth, const std::string& results);

}  // namespace vcl
