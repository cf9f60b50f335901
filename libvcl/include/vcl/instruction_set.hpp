// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// What kernels are made for, each including those before it. Baseline: any processor of the architecture; the others
/// are x86's: 8 floats at a time (x86-64-v3), 16 (x86-64-v4), products in bfloat16, and those of tiles.
enum class InstructionSet { Baseline, Avx2, Avx512, Avx512Bf16, Amx };

/// The best that this machine has.
InstructionSet machine_instructions();

/// What this process computes with: what the machine has, or less by the environment's VCL_MAX_CPU (baseline, avx2,
/// avx512, avx512_bf16 or amx), read once. Throws Error(Invalid) on another name.
InstructionSet usable_instructions();

/// Whether AMD made the processor.
bool made_by_amd();

}  // namespace vcl
