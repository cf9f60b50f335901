// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>

#include "evaluation/mask_track.hpp"

/// How well objects keep their ids over a video, on masks: switches and fragmentations (CLEAR MOT, Bernardin and
/// Stiefelhagen 2008) and the identity measures (Ristani et al. 2016).
namespace vcl {

/// Counts; those of several videos add up. "Frames" are summed over objects or tracks.
struct TrackConsistency {
  std::uint64_t visible = 0;  ///< frames in which true objects are in view
  std::uint64_t found = 0;    ///< frames in which tracks are
  std::uint64_t matched = 0;  ///< frames in which a track has the object, whichever track it is
  /// How often an object is matched by another track than the last time that it was matched.
  std::uint64_t switches = 0;
  /// How often an object in view stops being matched, to be matched again later.
  std::uint64_t fragmentations = 0;
  /// Frames in which the one track that an object is given for the whole video has it.
  std::uint64_t identified = 0;

  void add(const TrackConsistency& video);
  /// Precision, recall and F1 of `identified`; NaN where there is nothing to measure.
  double idp() const;
  double idr() const;
  double idf1() const;
};

/// Throughout, a track can have an object in a frame where their masks overlap by an IoU of at least 0.5.
/// Switches and fragmentations: in each frame objects and tracks are matched one to one, first those that were matched
/// when the object was last matched, then the others, by the largest sum of IoUs. Identity: objects and tracks are
/// matched one to one for the whole video, by the most frames. Where a track has no object and more than half of its
/// mask is in `crowds`, the frame does not count as found. Throws Error(Invalid) when tracks differ in length or size.
TrackConsistency track_consistency(std::span<const MaskTrack> truths, std::span<const MaskTrack> results,
                                   std::span<const MaskTrack> crowds = {});

}  // namespace vcl
