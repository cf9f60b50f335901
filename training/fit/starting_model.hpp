// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// Returns the network that a stage starts from, on the CPU, with channels-last kernels. Without `init` it is a small
/// random network. Else it takes all that the stage needs from the network in that file, whatever its sizes, and random
/// tensors of matching sizes for the rest:
/// - a video or dense network: its own architecture, with the head of the stage (the dense head, or the decoder);
/// - a ResNet encoder: its backbone, in a network sized to match.
/// `neighbours`, if not empty, are added to the input (add_motion); a network that already has these keeps them.
/// `fine_masks` selects masks of stride 2 (add_fine_masks).
/// Throws like load_model, Error(Unsupported) for another kind of network, Error(Invalid) if the network has other
/// neighbors or cannot have masks of stride 2.
Model starting_model(const std::string& init, bool dense, std::uint64_t seed, const std::vector<int>& neighbours = {},
                     bool fine_masks = false);

}  // namespace vcl::train
