// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <new>
#include <numeric>
#include <vector>

#include "libvcl/cuda/array.hpp"

namespace vcl {

/// Runs the bodies of the CUDA kernels on the CPU, one after the other. Tests compare the kernels with it.
struct HostLoops {
  static constexpr std::align_val_t kAlignment{256};
  DeviceMemory memory{nullptr, [](void*, std::size_t bytes) { return ::operator new(bytes, kAlignment); },
                      [](void*, void* memory) { ::operator delete(memory, kAlignment); }};

  template <typename Body>
  void for_each(std::size_t count, const Body& body) {
    for (std::size_t i = 0; i < count; ++i) body(i);
  }

  void sort_pairs(Array<std::uint64_t>& keys, Array<std::uint32_t>& values, std::size_t count, std::uint64_t) {
    std::vector<std::uint32_t> at(count);
    std::iota(at.begin(), at.end(), 0u);
    std::ranges::stable_sort(at, {}, [&](std::uint32_t i) { return keys.data()[i]; });
    const std::vector<std::uint64_t> old_keys(keys.data(), keys.data() + count);
    const std::vector<std::uint32_t> old_values(values.data(), values.data() + count);
    for (std::size_t i = 0; i < count; ++i) {
      keys.data()[i] = old_keys[at[i]];
      values.data()[i] = old_values[at[i]];
    }
  }

  void running_sum(std::uint32_t* values, std::size_t count) { std::partial_sum(values, values + count, values); }

  std::uint32_t read(const std::uint32_t* value) { return *value; }
};

}  // namespace vcl
