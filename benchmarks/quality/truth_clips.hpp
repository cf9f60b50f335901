// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <vector>

#include "evaluation/mask_track.hpp"

/// Clips whose objects are known in every frame, to compare tracks with.
namespace vcl::benchmark {

struct TruthClip {
  std::vector<cv::Mat> frames;   ///< RGB
  std::vector<MaskTrack> truth;  ///< of each object; none: not known
};

/// Every `folder`/<sequence>/ with frames/ and masks/, by name: any pixel above 0 is the one object (DAVIS-2016).
std::vector<TruthClip> read_davis(const std::filesystem::path& folder);

/// Photos with several objects as a camera sees them that pans over them and back within `frames` frames: objects move,
/// leave the view and come back. Of the photos in the COCO file `instances`, beside which they lie: the first `most`
/// that have two objects or more of at least 2 % of the photo.
std::vector<TruthClip> panned_photos(const std::filesystem::path& instances, std::size_t most, int frames);

/// The videos of a data set in YouTube-VIS format: folder/instances.json and folder/JPEGImages.
std::vector<TruthClip> read_ytvis(const std::filesystem::path& folder);

/// Photos as clips of one frame: those of the COCO file folder/instances.json, which lie beside it, or every NAME.jpg
/// with its one object in NAME_gt.png.
std::vector<TruthClip> read_photos(const std::filesystem::path& folder);

/// Every folder of JPEGs in `folder`, by name; what is in them is not known.
std::vector<TruthClip> read_clips(const std::filesystem::path& folder);

}  // namespace vcl::benchmark
