// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vcl/result.hpp"

/// How well objects keep their ids over a video (the counts of CLEAR MOT, on masks).
namespace vcl {

/// A true object: its mask in each frame of the video, empty where it is not in view.
using TruthTrack = std::vector<Rle>;

struct TrackContinuity {
  std::uint64_t visible = 0;  ///< frames, over all true objects, in which they are in view
  std::uint64_t matched = 0;  ///< of those: in which a result has the object
  /// How often an object is matched by another id than the last time that it was matched.
  std::uint64_t switches = 0;
  /// How often an object in view stops being matched, to be matched again later.
  std::uint64_t fragmentations = 0;
};

/// In each frame, objects and instances whose masks overlap by an IoU of at least `least_iou` are matched one to one:
/// first those that were matched when the object was last matched, then the others, by the largest sum of IoUs. Throws
/// Error(Invalid) when a track has not one mask a frame, or sizes differ.
TrackContinuity track_continuity(std::span<const TruthTrack> truth, std::span<const FrameResult> results,
                                 double least_iou = 0.5);

}  // namespace vcl
