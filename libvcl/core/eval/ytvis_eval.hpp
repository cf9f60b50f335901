// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/eval/detection_scores.hpp"
#include "vcl/mask.hpp"

/// Class-agnostic average precision and recall of tracks in videos: YouTube-VIS with categories pooled (method.md 7.1,
/// golden/ytvis-eval).
namespace vcl {

/// A mask for each frame of the video; none: the object is not there.
using MaskTrack = std::vector<std::optional<Rle>>;

struct YtvisTruth {
  std::int64_t video = 0;
  MaskTrack masks;
  double area = 0;  ///< mean of the annotated areas above 0
  bool crowd = false;
};

struct YtvisResult {
  std::int64_t video = 0;
  MaskTrack masks;
  double score = 0;
};

/// Mean over the frames in which there is any; 0 where there is none.
double mean_area(const MaskTrack& track);

/// By video id; IoU: pixels that are in both tracks, over all frames, to those that are in either, 0 when both are
/// empty. Throws Error(Invalid) when lengths or sizes differ. `truths` and `results` come in the order that decides
/// among equals; of each video the 100 results of the best score are kept.
std::map<std::int64_t, Scene> ytvis_scenes(const std::vector<YtvisTruth>& truths,
                                           const std::vector<YtvisResult>& results);

/// Areas up to 128^2 pixels are small, up to 256^2 medium.
inline constexpr double kYtvisSmall = 128 * 128, kYtvisMedium = 256 * 256;

}  // namespace vcl
