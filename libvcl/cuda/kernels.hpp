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

inline constexpr int kMostSamplingLevels = 8;

struct SamplingLevel {
  int height, width;
  std::int64_t first;  ///< cell in those of all levels
};

/// Deformable sampling of some images; all float32, contiguous, the device's.
struct SamplingTask {
  const float* values;     ///< [images, heads, cells of all levels, channels]
  const float* locations;  ///< [images, queries, heads, levels, points, 2], x and y in [0, 1] of the level
  const float* weights;    ///< [images, queries, heads, levels, points]
  std::int64_t images, queries, heads, channels, points, cells;
  int level_count;
  SamplingLevel levels[kMostSamplingLevels];
  std::size_t head_queries() const { return std::size_t(images) * std::size_t(queries) * std::size_t(heads); }
};

/// The gradients of a loss, laid out as what they are of: `values` is added to, the others are set.
struct SamplingGradients {
  float *values, *locations, *weights;
};

struct CudaKernels {
  /// Queues the task on a stream of a device and may wait for parts of it. Same task, same bits, and the same on every
  /// GPU. Returns null, or what CUDA says of its failure. Throws what `memory` throws, and Error(Invalid) when the
  /// image spans too many deviations.
  const char* (*infer_crf)(const CrfTask& task, const DeviceMemory& memory, int device, void* stream) = nullptr;
  /// Queues the samples' sums on a stream of a device: [images, queries, heads, channels], each summed in one order.
  const char* (*sample_deformable)(const SamplingTask& task, float* outputs, int device, void* stream) = nullptr;
  /// Queues what a loss changes by, given its gradient over the outputs. Sums over values come in any order: their last
  /// bits differ from run to run.
  const char* (*deformable_gradients)(const SamplingTask& task, const float* over_outputs,
                                      const SamplingGradients& over, int device, void* stream) = nullptr;
};

/// All null in a build without CUDA.
const CudaKernels& cuda_kernels();

}  // namespace vcl
