// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/instruction_set.hpp"

/// Marks a function that is part of a kernel: it is compiled into each copy of the kernel, for the instructions of that
/// copy.
#define VCL_INLINE [[gnu::always_inline]] inline

namespace vcl {

#ifdef __x86_64__
template <auto kKernel, typename... Arguments>
[[gnu::target("arch=x86-64-v4")]] void compiled_for_v4(Arguments... arguments) {
  kKernel(arguments...);
}

template <auto kKernel, typename... Arguments>
[[gnu::target("arch=x86-64-v3")]] void compiled_for_v3(Arguments... arguments) {
  kKernel(arguments...);
}
#endif

/// Calls the kernel, a VCL_INLINE function, as compiled for these instructions. gcc 12 does not vectorize loops in such
/// copies, so kernels use vector types. Arguments are passed by value, so no store can change them.
template <auto kKernel, typename... Arguments>
void run_compiled_for([[maybe_unused]] InstructionSet instructions, Arguments... arguments) {
#ifdef __x86_64__
  if (instructions >= InstructionSet::Avx512) return compiled_for_v4<kKernel>(arguments...);
  if (instructions >= InstructionSet::Avx2) return compiled_for_v3<kKernel>(arguments...);
#endif
  kKernel(arguments...);
}

}  // namespace vcl
