// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "vcl/crf.hpp"

/// The hand-written CUDA kernels: functions on raw pointers and a stream, so that neither side needs the other's
/// headers. A build without -Dcuda=enabled has none of them.
namespace vcl {

/// Memory of one device, from whoever manages it.
struct DeviceMemory {
  void* owner;
  void* (*allocate)(void* owner, std::size_t bytes);  ///< aligned to 256 bytes; throws when there is none left
  void (*release)(void* owner, void* memory);         ///< may be used anew by later work on the same stream
};

/// A dense CRF of one image for some masks. The pointers are the device's.
struct CrfTask {
  const std::uint8_t* rgb;  ///< [height, width, 3]
  Size size;                ///< sides of 1 or more, at most kMaxCrfPixels
  CrfSettings settings;
  const std::uint8_t* masks;  ///< [count, height, width], foreground is what is not 0
  int count;
  float* field;  ///< [count, height, width]: receives P(foreground) - P(background)
};

struct CudaKernels {
  /// Queues the task on a stream of a device and may wait for parts of it. Same task, same bits, and the same on every
  /// GPU. Returns null, or what CUDA says of its failure. Throws what `memory` throws, and Error(Invalid) when the
  /// image spans too many deviations.
  const char* (*infer_crf)(const CrfTask& task, const DeviceMemory& memory, int device, void* stream) = nullptr;
};

/// All null in a build without CUDA.
const CudaKernels& cuda_kernels();

}  // namespace vcl
