// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/dino/vit.hpp"

namespace vcl {

/// Returns the turns of DINOv3's patches (method.md 1.6), [2, rows * columns, width] for heads of `width` channels: the
/// sines, then the cosines, of the angles. The periods come from the weights, or else from their formula.
at::Tensor vit_turns(std::int64_t rows, std::int64_t columns, std::int64_t width, const Weights& w);

/// Returns queries or keys `x` [.., T, width], in which the patches, the last tokens, are turned. Undefined `turns`
/// change nothing.
at::Tensor vit_turned(const at::Tensor& x, const at::Tensor& turns);

}  // namespace vcl
