// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>

#include "libvcl/cuda/kernels.hpp"

#ifdef __CUDACC__
#define VCL_HOST_DEVICE __host__ __device__
#else
#define VCL_HOST_DEVICE
#endif

/// The base of all kernels. An algorithm is written once, as loops over bodies (structs with operator()(index)), with a
/// type Loops that runs them: StreamLoops on a GPU, or HostLoops on the CPU, which tests compare the kernels with.
/// Loops has
///     DeviceMemory memory                              of its arrays
///     for_each(count, body)                            body(0) ... body(count - 1), in any order and in parallel
///     sort_pairs(keys, values, count, end)             stable, by keys, all below `end`
///     running_sum(values, count)                       in place, each sum includes its own value
///     read(pointer)                                    one value, after all earlier loops
namespace vcl {

/// An owned array, not initialized.
template <typename T>
class Array {
 public:
  Array() = default;
  Array(const DeviceMemory& memory, std::size_t size)
      : memory_(memory), values_(static_cast<T*>(memory.allocate(memory.owner, size * sizeof(T)))) {}
  Array(Array&& other) noexcept : memory_(other.memory_), values_(std::exchange(other.values_, nullptr)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(values_, other.values_);
    return *this;
  }
  ~Array() {
    if (values_ != nullptr) memory_.release(memory_.owner, values_);
  }

  T* data() const { return values_; }

 private:
  DeviceMemory memory_{};
  T* values_ = nullptr;
};

}  // namespace vcl
