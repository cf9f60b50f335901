// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Filters of Pillow, all antialiased.
enum class ResizeFilter { Lanczos, Bicubic, Bilinear };

/// Resizes 8-bit pixels [height, width, channels] and returns [to.height, to.width, channels]. The bytes equal those of
/// Pillow 9.5 to 11.3 (method.md 1.4.2): antialiased, the horizontal pass first, 8 bits between the passes. Throws
/// Error(Invalid) if a size is empty. Any thread may call.
std::vector<std::uint8_t> resize_bytes(const std::uint8_t* pixels, Size from, int channels, Size to,
                                       ResizeFilter filter);

}  // namespace vcl
