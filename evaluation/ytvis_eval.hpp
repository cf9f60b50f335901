// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "evaluation/detection_scores.hpp"
#include "evaluation/mask_track.hpp"
#include "evaluation/track_consistency.hpp"

/// Class-agnostic average precision and recall of tracks in videos: YouTube-VIS with categories pooled (method.md 7.1,
/// tests/golden/data/ytvis-eval); and how well they keep to their objects.
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

/// What is known of one video and what was found in it. Belongs to the lists that it was made of.
struct YtvisEntries {
  std::vector<const YtvisTruth*> truths;
  std::vector<const YtvisResult*> results;  ///< best first; the 100 of the best score
};

/// By video id. `truths` and `results` come in the order that decides among equals.
std::map<std::int64_t, YtvisEntries> by_video(const std::vector<YtvisTruth>& truths,
                                              const std::vector<YtvisResult>& results);

/// The masks of YtvisEntries.
struct YtvisTracks {
  std::vector<MaskTrack> truths, results;
};
YtvisTracks unpack(const YtvisEntries& video);

/// IoU: pixels that are in both tracks, over all frames, to those that are in either, 0 when both are empty. Throws
/// Error(Invalid) when lengths or sizes differ.
Scene ytvis_scene(const YtvisEntries& video, const YtvisTracks& tracks);

/// Of the results with at least this score.
TrackConsistency ytvis_consistency(const YtvisEntries& video, const YtvisTracks& tracks, double least_score);

/// Areas up to 128^2 pixels are small, up to 256^2 medium.
inline constexpr double kYtvisSmall = 128 * 128, kYtvisMedium = 256 * 256;

}  // namespace vcl
