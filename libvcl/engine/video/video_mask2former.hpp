// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/weights.hpp"

/// VideoMask2Former (method.md 5): backbone -> pixel decoder for each frame, then a masked-attention
/// decoder whose queries are shared by all frames of a clip. Every size is read from the weights; the
/// R50 network and the small default differ in their model files only.
namespace vcl {

/// What does not show in the tensors' shapes.
struct VideoConfig {
  int heads = 8;           ///< of the decoder's and the encoder's attention
  int encoder_points = 4;  ///< sampling points of the deformable attention
  int norm_groups = 32;    ///< of the pixel decoder's group norms
  bool stem_pool = true;   ///< max-pool after the backbone's stem (R50); else res2 has stride 2
  int min_stride = 32;     ///< canvas sides are multiples of it
  /// Neighbours, in frames from the one looked at, whose motion_planes() the stem takes behind RGB, in this order;
  /// none: the network sees pictures alone.
  std::vector<int> neighbours;
  static VideoConfig from_json(const nlohmann::json& config);
};

/// Per-frame half, independent of the clip: N frames in one batch.
struct FrameFeatures {
  std::vector<at::Tensor> levels;  ///< strides 32, 16, 8: [N, C, h, w] each
  at::Tensor mask_features;        ///< at the masks' stride s, 4 or 2: [N, C, H/s, W/s]
  at::Tensor moves = {};           ///< logits of what moves for itself [N, 1, H/s, W/s]; undefined without motion
};

/// One prediction of the decoder; the last one is the result, earlier ones train (deep supervision).
struct Prediction {
  at::Tensor classes;  ///< logits [B, Q, 2]: index 0 object, 1 no object
  at::Tensor masks;    ///< logits [B, Q, T, H/s, W/s]; of earlier ones s = 4
  at::Tensor queries;  ///< [B, Q, C] after the decoder norm
};

/// Throws Error(Unreadable) where the stem takes other planes than the configuration says, or the head that says what
/// moves is missing or there without motion.
void check_motion(const Weights& w, const VideoConfig& config);

/// RGB 0..255 [N, 3, H, W] to normalised network input (method.md 5.1).
at::Tensor normalise_images(const at::Tensor& images);

/// `images`: normalised [N, 3, H, W], H and W multiples of config.min_stride; of networks with neighbours followed by
/// their planes, [N, 3 + kMotionPlanes * neighbours, H, W], or alone where no motion is known. `training`: batch norms
/// use and update the batch's statistics (frozen ones, without num_batches_tracked, never do).
FrameFeatures frame_features(const at::Tensor& images, const Weights& w, const VideoConfig& config,
                             bool training = false);

/// `features` of B clips of T frames each, clip-major (N = B * T). All predictions in order (initial one
/// first) when `all` is set, else only the last.
std::vector<Prediction> decode_clip(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                    const VideoConfig& config, bool all = false);

}  // namespace vcl
