// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>

#include "evaluation/mask_track.hpp"

/// How well objects keep their ids over a video, measured on masks: switches and fragmentations (CLEAR MOT, Bernardin
/// and Stiefelhagen 2008) and the identity measures (Ristani et al. 2016).
namespace vcl {

/// Counts, which can be added over videos. "Frames" are summed over objects or tracks.
struct TrackConsistency {
  std::uint64_t visible = 0;  ///< frames in which true objects are in view
  std::uint64_t found = 0;    ///< frames in which tracks have a mask
  std::uint64_t matched = 0;  ///< frames in which an object is matched to any track
  /// Number of times that an object is matched to a different track than at its last match.
  std::uint64_t switches = 0;
  /// Number of times that an object in view loses its match and is matched again later.
  std::uint64_t fragmentations = 0;
  /// Frames in which an object is matched to the one track that it is assigned for the whole video.
  std::uint64_t identified = 0;

  void add(const TrackConsistency& video);
  /// Precision, recall and F1 of `identified`. NaN if there is nothing to measure.
  double idp() const;
  double idr() const;
  double idf1() const;
};

/// In a frame, a track can match an object if their masks have an IoU of at least 0.5. For switches and fragmentations,
/// objects and tracks are matched one to one in each frame: first the pairs of the object's last match, then the
/// others, by the largest sum of IoUs. For identity, objects and tracks are matched one to one for the whole video, by
/// the largest number of frames. A frame does not count as found if the track can match no object and more than half of
/// its mask is in `crowds`. Throws Error(Invalid) if tracks differ in length or size.
TrackConsistency track_consistency(std::span<const MaskTrack> truths, std::span<const MaskTrack> results,
                                   std::span<const MaskTrack> crowds = {});

}  // namespace vcl
