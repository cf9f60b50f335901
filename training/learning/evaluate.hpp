// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/clips/clip.hpp"
#include "training/photos/labelled_photos.hpp"
#include "training/report/plots.hpp"

namespace vcl::train {

/// Held-out quality, measured against the pseudo labels of photos that are never trained on.
struct Quality {
  double top = 0;    ///< mean IoU of the prediction with the highest score
  double best = 0;   ///< mean IoU of the best prediction (chosen by an oracle)
  double moves = 0;  ///< of clips: mean IoU of the predicted moving pixels
};

/// Returns the quality on photos and up to `most_pictures` examples. Labels are soft targets for a dense network, else
/// instance maps; a prediction is compared with the instance that fits it best.
Quality evaluate_photos(const LabelledPhotos& photos, const Model& model, std::vector<Picture>* pictures,
                        std::size_t most_pictures);

/// Returns the quality of tracks in clips: IoU over all frames of a clip, over all pixels that are labeled or known.
Quality evaluate_clips(const std::vector<Clip>& clips, const Model& model);

}  // namespace vcl::train
