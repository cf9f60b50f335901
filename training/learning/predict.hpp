// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/photos/labelled_photos.hpp"

/// Predictions of networks that are trained here.
namespace vcl::train {

/// Returns the photo letterboxed as in inference: normalized network input [1, 3, H, W].
at::Tensor photo_input(const Photo& photo, const Letterbox& letterbox);

/// The prediction for a photo, at the photo's size, on the CPU: saliency logits of a dense network [1, H, W], or the
/// logits of all queries [Q, H, W] with their scores [Q].
struct PhotoPrediction {
  at::Tensor logits;
  at::Tensor scores;  ///< undefined for a dense network
};
PhotoPrediction predict_photo(const Photo& photo, const Model& model);

bool is_dense(const Model& model);
/// Returns the device of a network's tensors.
at::Device device_of(const Weights& weights);
inline constexpr const char* kDenseArchitecture = "dense_saliency";
/// Returns the saliency logits [N, 1, h, w] of a dense network, one per mask cell, for normalized images [N, 3, H, W].
at::Tensor dense_logits(const at::Tensor& images, const Weights& w, const VideoConfig& config, bool training = false);

}  // namespace vcl::train
