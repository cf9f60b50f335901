// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "evaluation/mask_track.hpp"
#include "vcl/result.hpp"

namespace vcl::benchmark {

/// Returns the tracks by descending score, exactly as in the YouTube-VIS file that users get.
std::vector<MaskTrack> ranked_tracks(const std::vector<FrameResult>& results);

/// Returns the region similarity: mean IoU over the frames. A frame with neither object nor track counts as 1.
double mean_j(const MaskTrack& truth, const MaskTrack& track);

}  // namespace vcl::benchmark
