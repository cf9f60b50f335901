// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include "training/clips/clip.hpp"

namespace vcl::train {

/// What a data set of clips is made of.
struct YtvisSet {
  std::string folder;       ///< gets JPEGImages/<clip>/<frame>.jpg and instances.json
  std::string fingerprint;  ///< what the clips depend on, as of Journal
  int clips = 0;
  int threads = 1;
};

/// Writes clips 0 .. clips - 1, without their padding, as videos with their objects as ground truth (docs/formats.md);
/// `make` is called from several threads. instances.json appears when all is there; a run that was killed or stopped
/// goes on where it was. Shows progress. Throws Error: Invalid where the folder holds another data set, Resource where
/// it cannot be written, Unreadable when it was asked to stop.
void write_ytvis_set(const YtvisSet& set, const std::function<Clip(std::uint64_t)>& make);

}  // namespace vcl::train
