// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/dino/vit.hpp"

namespace vcl {

/// Returns the attention of the class token in block `w` = blocks.i of a vision transformer for tokens `x` [B, extra +
/// n, C]: [B, n]. It is the softmax over all tokens, including the `extra` tokens before the patches (the class token,
/// first, and registers), averaged over the heads. The entries of these tokens are dropped, so the sum of a row is
/// below 1.
at::Tensor vit_class_attention(const at::Tensor& x, const Weights& w, const VitBlocks& blocks, std::int64_t extra);

}  // namespace vcl
