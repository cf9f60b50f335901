// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// Returns the sine code of a grid (method.md 5.3): [1, channels, height, width], first the y half, then the x half.
at::Tensor sine_position_2d(std::int64_t channels, std::int64_t height, std::int64_t width, const at::Tensor& like);

/// Returns the sine code of the frames of a clip, [frames, channels], which a clip adds to the code of the grid.
at::Tensor sine_time(std::int64_t channels, std::int64_t frames, const at::Tensor& like);

/// Returns the sine code of a clip (method.md 5.4): [1, frames, channels, height, width], or of `count` of its frames
/// from `first`.
at::Tensor sine_position_3d(std::int64_t channels, std::int64_t frames, std::int64_t height, std::int64_t width,
                            const at::Tensor& like, std::int64_t first = 0, std::int64_t count = -1);

}  // namespace vcl
