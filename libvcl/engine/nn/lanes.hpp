// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <cstring>

// Clones of a function for newer processors; the best that the machine has is taken when the program starts. In clones
// gcc 12 makes vectors of no loop by itself: hence vector types throughout.
#ifdef __x86_64__
#define VCL_FOR_EACH_PROCESSOR [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define VCL_FOR_EACH_PROCESSOR
#endif
#define VCL_INLINE [[gnu::always_inline]] inline

/// Vectors of the processor, for kernels on plain memory.
namespace vcl {

constexpr std::int64_t kLanes = 8;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using IntLanes [[gnu::vector_size(kLanes * sizeof(int))]] = int;

template <typename V = Lanes, typename T>
VCL_INLINE V load(const T* from) {
  V lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <typename V, typename T>
VCL_INLINE void store(T* to, V lanes) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

}  // namespace vcl
