// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "vcl/geometry.hpp"

namespace vcl {

/// Converts RGB pixels [height, width, 3] to the input of the network: float [1, 3, height, width], scaled to 0..1 and
/// normalized in the original's order of operations.
at::Tensor vit_input(const std::uint8_t* rgb, Size size);

/// Runs the complete preparation of MaskCut (method.md 1.4): resizes the image to `fixed` pixels, whatever its shape,
/// and then each side to the nearest multiple of the patch size. Resizing gives the same bytes as Pillow.
at::Tensor vit_input_resized(const std::uint8_t* rgb, Size size, Size fixed, int patch);

}  // namespace vcl
