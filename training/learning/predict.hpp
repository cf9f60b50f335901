// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/photos/labelled_photos.hpp"

/// What a network that is trained here predicts.
namespace vcl::train {

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

}  // namespace vcl::train
