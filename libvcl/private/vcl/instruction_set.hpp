// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Instruction sets that kernels are compiled for. Each includes those before it. Baseline is any processor of the
/// architecture. The others are for x86: 8 floats at a time (x86-64-v3), 16 floats at a time (x86-64-v4), products in
/// bfloat16, and products of tiles.
enum class InstructionSet { Baseline, Avx2, Avx512, Avx512Bf16, Amx };

/// Returns the best instruction set of this machine.
InstructionSet machine_instructions();

/// Returns the instruction set that this process uses: that of the machine, or a lower one if the environment variable
/// VCL_MAX_CPU names it (baseline, avx2, avx512, avx512_bf16 or amx). The variable is read once. Throws Error(Invalid)
/// if it has another value.
InstructionSet usable_instructions();

/// Returns whether AMD made the processor.
bool made_by_amd();

}  // namespace vcl
