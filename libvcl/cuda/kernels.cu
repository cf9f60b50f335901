// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/cuda/deformable.hpp"
#include "libvcl/cuda/dense_crf.hpp"
#include "libvcl/cuda/stream_loops.cuh"

namespace vcl {
namespace {

/// Makes a device the current device of this thread until the end of the scope.
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

/// Lets `work` queue loops. Returns null, or CUDA's error text if it failed.
template <typename Work>
const char* on_stream(const DeviceMemory& memory, int device, void* stream, const Work& work) {
  try {
    const DeviceScope scope(device);
    StreamLoops loops{memory, static_cast<cudaStream_t>(stream)};
    work(loops);
    return nullptr;
  } catch (const CudaFailure& failure) {
    return cudaGetErrorString(failure.error);
  }
}

const char* infer_crf_on(const CrfTask& task, const DeviceMemory& memory, int device, void* stream) {
  return on_stream(memory, device, stream, [&](StreamLoops& loops) { infer_crf(loops, task); });
}

const char* sample_deformable_on(const SamplingTask& task, float* outputs, int device, void* stream) {
  return on_stream({}, device, stream, [&](StreamLoops& loops) { sample_deformable(loops, task, outputs); });
}

const char* deformable_gradients_on(const SamplingTask& task, const float* over_outputs, const SamplingGradients& over,
                                    int device, void* stream) {
  return on_stream({}, device, stream,
                   [&](StreamLoops& loops) { deformable_gradients(loops, task, over_outputs, over); });
}

}  // namespace

const CudaKernels& cuda_kernels() {
  static const CudaKernels kernels{.infer_crf = infer_crf_on,
                                   .sample_deformable = sample_deformable_on,
                                   .deformable_gradients = deformable_gradients_on};
  return kernels;
}

}  // namespace vcl
