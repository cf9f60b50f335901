// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "vcl/geometry.hpp"

namespace vcl {

/// RGB pixels [height, width, 3] to the network's input: float [1, 3, height, width], scaled to 0..1 and normalised in
/// the original's order of operations.
at::Tensor vit_input(const std::uint8_t* rgb, Size size);

/// MaskCut's whole preparation (method.md 1.4): the image at `fixed` pixels, whatever its shape, then with each side at
/// the nearest multiple of the patch. Resizing is Pillow's to the byte.
at::Tensor vit_input_resized(const std::uint8_t* rgb, Size size, Size fixed, int patch);

}  // namespace vcl
