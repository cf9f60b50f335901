// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/nn/deformable_kernel.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"

namespace vcl {

/// Runs the deformable encoder over the coarsest features, then FPN steps down to the masks' stride (method.md 5.3).
/// `features`: the result of resnet(). `w`: sem_seg_head.pixel_decoder. input_proj.0 reads res5, .1 res4, ... The finer
/// features join in the FPN steps adapter_k / layer_k, with k = 1 for the finest: res2, or the stem if there is one
/// more step.
FrameFeatures pixel_decoder(const std::vector<at::Tensor>& features, const Weights& w, const VideoConfig& config);

/// Returns the number of FPN steps.
int fpn_steps(const Weights& w);

/// One post-norm encoder layer: src and pos [N, S, C].
at::Tensor encoder_layer(const at::Tensor& src, const at::Tensor& pos, const std::vector<GridSize>& levels,
                         const Weights& w, const VideoConfig& config);
/// Its first half, up to and including the first norm.
at::Tensor encoder_attention(const at::Tensor& src, const at::Tensor& pos, const std::vector<GridSize>& levels,
                             const Weights& w, const VideoConfig& config);

}  // namespace vcl
