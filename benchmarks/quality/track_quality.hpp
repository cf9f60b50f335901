// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "evaluation/mask_track.hpp"
#include "vcl/result.hpp"

namespace vcl::benchmark {

/// The tracks by descending score, exactly as users get them in the YouTube-VIS file.
std::vector<MaskTrack> ranked_tracks(const std::vector<FrameResult>& results);

/// Region similarity: mean IoU over the frames; 1 where neither object nor track is there.
double mean_j(const MaskTrack& truth, const MaskTrack& track);

}  // namespace vcl::benchmark
