// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"

namespace vcl {

struct VitSizes {
  std::int64_t channels = 192;  ///< ViT-Ti; S is 384, B 768
  std::int64_t depth = 12;
  std::int64_t patch = 16;
  std::int64_t positions = 14;  ///< side of the stored position grid: the training crop's side / patch
};

/// Returns an initial transformer for training, as DINO does: normally distributed weights with deviation 0.02, clamped
/// at two deviations, zero biases, unit norms. Draws from torch's default generator.
Weights vit_random(const VitSizes& sizes);

}  // namespace vcl
