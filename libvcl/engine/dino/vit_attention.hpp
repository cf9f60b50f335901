// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"

namespace vcl {

/// What the class token attends to in block `w` = blocks.i of a vision transformer, which gets tokens `x` [B, 1 + n, C]
/// (class token first): [B, n], the softmax over all tokens, itself included, meaned over the heads. A row's sum is
/// what the class token does not attend to itself: below 1.
at::Tensor vit_class_attention(const at::Tensor& x, const Weights& w, std::int64_t heads);

}  // namespace vcl
