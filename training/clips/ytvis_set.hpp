// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include "training/clips/clip.hpp"

namespace vcl::train {

/// A data set of clips to be written.
struct YtvisSet {
  std::string folder;       ///< receives JPEGImages/<clip>/<frame>.jpg and instances.json
  std::string fingerprint;  ///< identifies everything the clips depend on, as in Journal
  int clips = 0;
  int threads = 1;
};

/// Writes clips 0 .. clips - 1, without their padding, as videos with their objects as ground truth (docs/formats.md).
/// Calls `make` from several threads. Writes instances.json last; an interrupted run continues when started again.
/// Shows progress. Throws Error(Invalid) if the folder holds another data set, Error(Resource) if it cannot be written,
/// Error(Unreadable) if the user stopped the run.
void write_ytvis_set(const YtvisSet& set, const std::function<Clip(std::uint64_t)>& make);

}  // namespace vcl::train
