// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/clips/clip.hpp"
#include "training/photos/labelled_photos.hpp"
#include "training/report/plots.hpp"

namespace vcl::train {

/// Held-out quality, against the pseudo labels of photos that are never trained on.
struct Quality {
  double top = 0;    ///< mean IoU of the prediction that the network's own score ranks first
  double best = 0;   ///< mean IoU of the best prediction (an oracle chooses)
  double moves = 0;  ///< of clips: mean IoU of what the network says moves
};

/// Quality on photos (labels: soft targets for a dense network, instance maps else; the best fitting instance of
/// a photo counts), and up to `pictures` examples.
Quality evaluate_photos(const LabelledPhotos& photos, const Model& model, std::vector<Picture>* pictures,
                        std::size_t most_pictures);

/// Quality of tracks in clips: IoU over all frames of a clip, over all pixels that are labelled or known.
Quality evaluate_clips(const std::vector<Clip>& clips, const Model& model);

}  // namespace vcl::train
