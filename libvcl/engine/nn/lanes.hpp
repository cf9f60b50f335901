// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <cstring>

#include "libvcl/processor/compiled_for.hpp"

/// Vector types of the processor, for kernels on plain memory.
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
