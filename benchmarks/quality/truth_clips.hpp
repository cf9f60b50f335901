// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <vector>

#include "evaluation/mask_track.hpp"

/// Clips with known objects in every frame, to compare tracks with.
namespace vcl::benchmark {

struct TruthClip {
  std::vector<cv::Mat> frames;   ///< RGB
  std::vector<MaskTrack> truth;  ///< one per object; empty: unknown
};

/// Reads every `folder`/<sequence>/ with frames/ and masks/, sorted by name. Pixels above 0 are the single object
/// (DAVIS-2016).
std::vector<TruthClip> read_davis(const std::filesystem::path& folder);

/// Simulates a camera that pans over photos with several objects and back within `frames` frames, so that objects move,
/// leave the view and return. Uses the first `most` photos of the COCO file `instances`, which must be in the photos'
/// folder, with two or more objects of at least 2 % of the photo.
std::vector<TruthClip> panned_photos(const std::filesystem::path& instances, std::size_t most, int frames);

/// Reads the videos of a data set in YouTube-VIS format: folder/instances.json and folder/JPEGImages.
std::vector<TruthClip> read_ytvis(const std::filesystem::path& folder);

/// Reads photos as clips of one frame: those of the COCO file folder/instances.json in the same folder, or every
/// NAME.jpg with its single object in NAME_gt.png.
std::vector<TruthClip> read_photos(const std::filesystem::path& folder);

/// Reads every folder of JPEGs in `folder`, sorted by name. Their objects are unknown.
std::vector<TruthClip> read_clips(const std::filesystem::path& folder);

}  // namespace vcl::benchmark
