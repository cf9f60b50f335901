// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/copy_paste.hpp"

/// The paper's augmentation, which turns one photo into a clip: each frame is a different view (method.md 4.2).
namespace vcl::train {

struct Augmentation {
  int least_crop = 600, most_crop = 720;      ///< sides of a crop; smaller photos are not cropped; 0: no crops
  std::vector<int> short_edges = {360, 480};  ///< one is drawn per clip
  int longest = 1333;                         ///< maximum length of a side
};

/// Returns `frames` views of the photo and its rows. Each is cropped, resized, changed in brightness and contrast, and
/// rotated; the whole clip is mirrored or not. A row that is empty in a frame gets id -1 there.
FrameClip augmented_clip(const ClipFrame& photo, int frames, const Augmentation& options, Draws& draws);

/// Returns the same augmentation of frames that already form a clip.
FrameClip augmented_clip(const FrameClip& frames, const Augmentation& options, Draws& draws);

}  // namespace vcl::train
