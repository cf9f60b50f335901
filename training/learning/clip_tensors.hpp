// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "training/clips/batch.hpp"
#include "training/learning/losses.hpp"

namespace vcl::train {

/// The network's input for a batch of B clips of T frames.
struct ClipTensors {
  at::Tensor images;        ///< uint8 [B * T, 3, H, W]
  at::Tensor labels;        ///< uint8 [B, T, H, W]: object numbers 1..counts[b], or soft targets
  std::vector<int> counts;  ///< number of objects per clip
  at::Tensor motion{};  ///< float [B * T, kMotionPlanes * neighbours, H, W], 0 if unknown; undefined: no clip has any
  at::Tensor moves{};   ///< uint8 [B, T, H, W]: values of Clip::moves; undefined: kUnknown everywhere
};

/// Returns copies of the bytes, in pinned memory for a GPU, so that to_device does not block. Any thread may call this.
ClipTensors clip_tensors(const Batch& batch, const at::Device& device);
ClipTensors to_device(const ClipTensors& clips, const at::Device& device);

/// Returns the network's input: normalized images and, if any clip has motion, the motion planes.
at::Tensor network_input(const ClipTensors& clips);

/// Returns the totals over all batches.
WholeBatch whole_of(const std::vector<ClipTensors>& batches);

}  // namespace vcl::train
