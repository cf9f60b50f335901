// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/weights.hpp"

/// VideoMask2Former (method.md 5): backbone -> pixel decoder for each frame, then a masked-attention decoder whose
/// queries are shared by all frames of a clip. Sizes are read from the weights, so the R50 network and the small
/// default differ only in their model files.
namespace vcl {

/// The settings that the shapes of the tensors do not show.
struct VideoConfig {
  int heads = 8;           ///< of the attention in decoder and encoder
  int encoder_points = 4;  ///< sampling points of the deformable attention
  int norm_groups = 32;    ///< of the pixel decoder's group norms
  bool stem_pool = true;   ///< max-pool after the stem of the backbone (R50); otherwise res2 has stride 2
  int min_stride = 32;     ///< canvas sides are multiples of it
  /// The neighbors, as frame offsets, whose motion_planes() the stem takes after RGB, in this order. Empty: the network
  /// sees only pictures.
  std::vector<int> neighbours;
  static VideoConfig from_json(const nlohmann::json& config);
};

/// The features of N frames in one batch. They do not depend on the clip.
struct FrameFeatures {
  std::vector<at::Tensor> levels;  ///< strides 32, 16, 8: [N, C, h, w] each
  at::Tensor mask_features;        ///< at the stride s of masks, 4 or 2: [N, C, H/s, W/s]
  at::Tensor moves = {};           ///< logits that a cell moves by itself [N, 1, H/s, W/s]; undefined without motion
};

/// One prediction of the decoder. The last one is the result; earlier ones serve training (deep supervision).
struct Prediction {
  at::Tensor classes;  ///< logits [B, Q, 2]: index 0 object, 1 no object
  at::Tensor masks;    ///< logits [B, Q, T, H/s, W/s]; s = 4 for earlier predictions
  at::Tensor queries;  ///< [B, Q, C] after the decoder norm
};

/// Throws Error(Unreadable) if the stem takes another number of planes than the configuration says, or if the head for
/// moving cells is missing or exists without motion.
void check_motion(const Weights& w, const VideoConfig& config);

/// Normalizes RGB 0..255 [N, 3, H, W] to the network input (method.md 5.1).
at::Tensor normalise_images(const at::Tensor& images);

/// `images`: normalized [N, 3, H, W], H and W multiples of config.min_stride. For networks with neighbors the motion
/// planes follow, [N, 3 + kMotionPlanes * neighbors, H, W]; they may be omitted if no motion is known. `training`:
/// batch norms use and update the statistics of the batch (frozen ones, without num_batches_tracked, never do).
FrameFeatures frame_features(const at::Tensor& images, const Weights& w, const VideoConfig& config,
                             bool training = false);

/// `features`: B clips of T frames each, clip-major (N = B * T). Returns all predictions in order (initial one first)
/// if `all` is set, otherwise only the last.
std::vector<Prediction> decode_clip(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                    const VideoConfig& config, bool all = false);

}  // namespace vcl
