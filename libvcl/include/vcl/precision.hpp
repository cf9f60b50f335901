// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Arithmetic of the network. Bf16 computes products in bfloat16, and sums and norms in float32. It is faster on GPUs
/// and on processors that have instructions for it (AVX-512 BF16, AMX), and slower elsewhere. Features differ by about
/// one hundredth.
enum class Precision { Fp32, Bf16 };

}  // namespace vcl
