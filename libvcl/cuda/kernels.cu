// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cuda/dense_crf.hpp"
#include "cuda/stream_loops.cuh"

namespace vcl {
namespace {

/// Makes a device this thread's until the end of the scope.
class DeviceScope {
 public:
  explicit DeviceScope(int device) {
    check(cudaGetDevice(&before_));
    check(cudaSetDevice(device));
  }
  ~DeviceScope() { cudaSetDevice(before_); }
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  int before_ = 0;
};

const char* infer_crf_on(const CrfTask& task, const DeviceMemory& memory, int device, void* stream) {
  try {
    const DeviceScope scope(device);
    StreamLoops loops{memory, static_cast<cudaStream_t>(stream)};
    infer_crf(loops, task);
    return nullptr;
  } catch (const CudaFailure& failure) {
    return cudaGetErrorString(failure.error);
  }
}

}  // namespace

const CudaKernels& cuda_kernels() {
  static const CudaKernels kernels{.infer_crf = infer_crf_on};
  return kernels;
}

}  // namespace vcl
