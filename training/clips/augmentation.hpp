// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/copy_paste.hpp"

/// The paper's way from one photo to a clip: every frame sees it a little otherwise (method.md 4.2).
namespace vcl::train {

struct Augmentation {
  int least_crop = 600, most_crop = 720;      ///< sides of a crop; smaller photos stay whole; 0: no crops
  std::vector<int> short_edges = {360, 480};  ///< one of them for the clip
  int longest = 1333;                         ///< no side gets longer
};

/// `frames` views of the photo with its rows: cropped, resized, mirrored (the clip as a whole), brighter or darker,
/// with more or less contrast, and rotated. Rows of which a frame shows nothing get id -1 in it.
FrameClip augmented_clip(const ClipFrame& photo, int frames, const Augmentation& options, Draws& draws);

/// The same of frames that are a clip already.
FrameClip augmented_clip(const FrameClip& frames, const Augmentation& options, Draws& draws);

}  // namespace vcl::train
