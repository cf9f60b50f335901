// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <bit>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>

#include "libvcl/cuda/array.hpp"

namespace vcl {

/// The error of a failed CUDA call.
struct CudaFailure {
  cudaError_t error;
};

inline void check(cudaError_t error) {
  if (error != cudaSuccess) throw CudaFailure{error};
}

template <typename Body>
__global__ void run_body(std::size_t count, const Body body) {
  const std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) body(i);
}

/// Queues loops on a stream, one thread per index.
struct StreamLoops {
  DeviceMemory memory;
  cudaStream_t stream;

  template <typename Body>
  void for_each(std::size_t count, const Body& body) {
    constexpr unsigned kThreads = 256;
    if (count == 0) return;
    run_body<<<unsigned((count + kThreads - 1) / kThreads), kThreads, 0, stream>>>(count, body);
    check(cudaGetLastError());
  }

  void sort_pairs(Array<std::uint64_t>& keys, Array<std::uint32_t>& values, std::size_t count, std::uint64_t end) {
    Array<std::uint64_t> spare_keys(memory, count);
    Array<std::uint32_t> spare_values(memory, count);
    cub::DoubleBuffer<std::uint64_t> key_buffers(keys.data(), spare_keys.data());
    cub::DoubleBuffer<std::uint32_t> value_buffers(values.data(), spare_values.data());
    with_scratch([&](void* scratch, std::size_t& bytes) {
      return cub::DeviceRadixSort::SortPairs(scratch, bytes, key_buffers, value_buffers, count, 0, std::bit_width(end),
                                             stream);
    });
    if (key_buffers.Current() != keys.data()) std::swap(keys, spare_keys);
    if (value_buffers.Current() != values.data()) std::swap(values, spare_values);
  }

  void running_sum(std::uint32_t* values, std::size_t count) {
    with_scratch([&](void* scratch, std::size_t& bytes) {
      return cub::DeviceScan::InclusiveSum(scratch, bytes, values, values, count, stream);
    });
  }

  std::uint32_t read(const std::uint32_t* value) {
    std::uint32_t copy = 0;
    check(cudaMemcpyAsync(&copy, value, sizeof copy, cudaMemcpyDeviceToHost, stream));
    check(cudaStreamSynchronize(stream));
    return copy;
  }

 private:
  /// CUB returns the number of bytes that it needs if it gets no memory.
  template <typename Work>
  void with_scratch(const Work& work) {
    std::size_t bytes = 0;
    check(work(nullptr, bytes));
    const Array<char> scratch(memory, bytes == 0 ? 1 : bytes);
    check(work(scratch.data(), bytes));
  }
};

}  // namespace vcl
