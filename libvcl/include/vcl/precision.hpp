// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Arithmetic of the network. Bf16: products in bfloat16, sums and norms in float32; on processors with instructions
/// for it (AVX-512 BF16, AMX) and on GPUs faster, elsewhere slower. Features err by about a hundredth.
enum class Precision { Fp32, Bf16 };

}  // namespace vcl
