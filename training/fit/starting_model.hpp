// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// The network that a stage starts from, on the CPU, kernels channels-last. Without `init` a small random one. Else all
/// that the stage needs of that file's network, whatever its sizes, and random tensors of fitting sizes for the rest:
/// - a video or dense network: its own architecture, with the head of the stage (the dense one, or the decoder);
/// - a ResNet encoder: its backbone, in a network as large as it suggests.
/// `neighbours`, if any, are those whose motion the network is to see (add_motion); one that sees motion keeps its own.
/// `fine_masks`: its masks are to have stride 2 (add_fine_masks).
/// Throws as load_model, Error(Unsupported) for another network, Error(Invalid) where it has other neighbours or cannot
/// have such masks.
Model starting_model(const std::string& init, bool dense, std::uint64_t seed, const std::vector<int>& neighbours = {},
                     bool fine_masks = false);

}  // namespace vcl::train
