// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/weights.hpp"

namespace vcl {

/// Returns the attention of the class token in block `w` = blocks.i of a vision transformer for tokens `x` [B, 1 + n,
/// C] (class token first): [B, n]. It is the softmax over all tokens, including the class token, averaged over the
/// heads. The entry of the class token itself is dropped, so the sum of a row is below 1.
at::Tensor vit_class_attention(const at::Tensor& x, const Weights& w, std::int64_t heads);

}  // namespace vcl
