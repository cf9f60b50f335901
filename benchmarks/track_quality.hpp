// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <vector>

#include "vcl/mask.hpp"
#include "vcl/result.hpp"

namespace vcl::benchmark {

/// A mask for each frame; none: the track is not there.
using Track = std::vector<std::optional<Rle>>;

/// The tracks by descending score, exactly as users get them in the YouTube-VIS file.
std::vector<Track> ranked_tracks(const std::vector<FrameResult>& results);

/// Region similarity: mean IoU over the frames; 1 where neither object nor track is there.
double mean_j(const std::vector<Rle>& truth, const Track& track);

}  // namespace vcl::benchmark
