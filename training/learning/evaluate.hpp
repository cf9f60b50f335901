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

/// The photo letterboxed as inference does it: normalised network input [1, 3, H, W].
at::Tensor photo_input(const Photo& photo, const Letterbox& letterbox);

/// What the network says of a photo, at the photo's size: the saliency of a dense network [1, H, W], or the
/// logits of all queries [Q, H, W] with their scores [Q]; on the CPU.
struct PhotoPrediction {
  at::Tensor logits;
  at::Tensor scores;  ///< undefined for a dense network
};
PhotoPrediction predict_photo(const Photo& photo, const Model& model);

bool is_dense(const Model& model);
/// Where a network's tensors lie.
at::Device device_of(const Weights& weights);
inline constexpr const char* kDenseArchitecture = "dense_saliency";
/// Saliency logits of a dense network: normalised [N, 3, H, W] to [N, 1, h, w] in mask cells.
at::Tensor dense_logits(const at::Tensor& images, const Weights& w, const VideoConfig& config, bool training = false);

/// Quality on photos (labels: soft targets for a dense network, instance maps else; the best fitting instance of
/// a photo counts), and up to `pictures` examples.
Quality evaluate_photos(const LabelledPhotos& photos, const Model& model, std::vector<Picture>* pictures,
                        std::size_t most_pictures);

/// Quality of tracks in clips: IoU over all frames of a clip, over all pixels that are labelled or known.
Quality evaluate_clips(const std::vector<Clip>& clips, const Model& model);

}  // namespace vcl::train
