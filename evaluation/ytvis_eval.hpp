// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "evaluation/detection_scores.hpp"
#include "evaluation/mask_track.hpp"
#include "evaluation/track_consistency.hpp"

/// Class-agnostic average precision and recall of tracks in videos: YouTube-VIS with pooled categories (method.md 7.1,
/// tests/golden/data/ytvis-eval). Also measures how well tracks keep to their objects.
namespace vcl {

struct YtvisTruth {
  std::int64_t video = 0;
  PackedTrack masks;
  double area = 0;  ///< mean of the annotated areas above 0
  bool crowd = false;
};

struct YtvisResult {
  std::int64_t video = 0;
  PackedTrack masks;
  double score = 0;
};

/// The truths and results of one video. It points into the lists that it was made from.
struct YtvisEntries {
  std::vector<const YtvisTruth*> truths;
  std::vector<const YtvisResult*> results;  ///< best first; the 100 with the highest scores
};

/// Returns the entries by video id. The order of `truths` and `results` breaks ties.
std::map<std::int64_t, YtvisEntries> by_video(const std::vector<YtvisTruth>& truths,
                                              const std::vector<YtvisResult>& results);

/// The unpacked masks of YtvisEntries.
struct YtvisTracks {
  std::vector<MaskTrack> truths, results;
};
YtvisTracks unpack(const YtvisEntries& video);

/// Computes IoUs over all frames: pixels in both tracks divided by pixels in either, 0 if both are empty. Throws
/// Error(Invalid) if lengths or sizes differ.
Scene ytvis_scene(const YtvisEntries& video, const YtvisTracks& tracks);

/// Uses only results with at least this score.
TrackConsistency ytvis_consistency(const YtvisEntries& video, const YtvisTracks& tracks, double least_score);

/// Areas up to 128^2 pixels are small, up to 256^2 medium.
inline constexpr double kYtvisSmall = 128 * 128, kYtvisMedium = 256 * 256;

}  // namespace vcl
