// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/learning/initialise.hpp"

namespace vcl::train {

/// As the default network, but quick to train.
inline NetworkSizes small_network() {
  NetworkSizes sizes;
  sizes.stem = 8;
  sizes.stages = {8, 16, 16, 16};
  sizes.blocks = 1;
  sizes.hidden = 32;
  sizes.ffn = 32;
  sizes.encoder_layers = 1;
  sizes.decoder_layers = 3;
  return sizes;
}

}  // namespace vcl::train
