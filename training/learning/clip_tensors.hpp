// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "training/clips/batch.hpp"
#include "training/learning/losses.hpp"

namespace vcl::train {

/// A batch of B clips of T frames as the network takes it.
struct ClipTensors {
  at::Tensor images;        ///< uint8 [B * T, 3, H, W]
  at::Tensor labels;        ///< uint8 [B, T, H, W]: object numbers 1..counts[b], or soft targets
  std::vector<int> counts;  ///< objects of each clip
  at::Tensor motion{};  ///< float [B * T, kMotionPlanes * neighbours, H, W], 0 where not known; undefined: of no clip
  at::Tensor moves{};   ///< uint8 [B, T, H, W]: values of Clip::moves; undefined: kUnknown everywhere
};

/// Copies of the bytes. For a GPU they are pinned, so that to_device waits for nothing; any thread may do this.
ClipTensors clip_tensors(const Batch& batch, const at::Device& device);
ClipTensors to_device(const ClipTensors& clips, const at::Device& device);

/// What the network takes: normalised images and, where motion is known of any clip, its planes.
at::Tensor network_input(const ClipTensors& clips);

/// All batches together.
WholeBatch whole_of(const std::vector<ClipTensors>& batches);

}  // namespace vcl::train
