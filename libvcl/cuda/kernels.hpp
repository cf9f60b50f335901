// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "vcl/crf.hpp"

/// The hand-written CUDA kernels: functions on raw pointers and a stream, so that callers and kernels do not need each
/// other's headers. A build without -Dcuda=enabled has none of them.
namespace vcl {

/// The allocator of one device's memory.
struct DeviceMemory {
  void* owner;
  void* (*allocate)(void* owner, std::size_t bytes);  ///< aligned to 256 bytes; throws if no memory is left
  void (*release)(void* owner, void* memory);         ///< later work on the same stream may reuse it
};

/// A dense CRF of one image for some masks. The pointers are device pointers.
struct CrfTask {
  const std::uint8_t* rgb;  ///< [height, width, 3]
  Size size;                ///< sides of 1 or more, at most kMaxCrfPixels
  CrfSettings settings;
  const std::uint8_t* masks;  ///< [count, height, width], foreground is nonzero
  int count;
  float* field;  ///< [count, height, width]: receives P(foreground) - P(background)
};

inline constexpr int kMostSamplingLevels = 8;

struct SamplingLevel {
  int height, width;
  std::int64_t first;  ///< index of its first cell among the cells of all levels
};

/// Deformable sampling of some images. All arrays are float32, contiguous and on the device.
struct SamplingTask {
  const float* values;     ///< [images, heads, cells of all levels, channels]
  const float* locations;  ///< [images, queries, heads, levels, points, 2], x and y in [0, 1] of the level
  const float* weights;    ///< [images, queries, heads, levels, points]
  std::int64_t images, queries, heads, channels, points, cells;
  int level_count;
  SamplingLevel levels[kMostSamplingLevels];
  std::size_t head_queries() const { return std::size_t(images) * std::size_t(queries) * std::size_t(heads); }
};

/// The gradients of a loss, with the layout of their arrays: `values` is added to, the others are set.
struct SamplingGradients {
  float *values, *locations, *weights;
};

struct CudaKernels {
  /// Queues the task on a stream of a device and may wait for parts of it. The same task gives the same bits on every
  /// GPU. Returns null, or CUDA's error text if it failed. Throws the exceptions of `memory`, and Error(Invalid) if the
  /// image spans too many deviations.
  const char* (*infer_crf)(const CrfTask& task, const DeviceMemory& memory, int device, void* stream) = nullptr;
  /// Queues the sampling on a stream of a device: [images, queries, heads, channels], each summed in a fixed order.
  const char* (*sample_deformable)(const SamplingTask& task, float* outputs, int device, void* stream) = nullptr;
  /// Queues the gradients of a loss from its gradient over the outputs. Sums over values have no fixed order, so their
  /// last bits differ from run to run.
  const char* (*deformable_gradients)(const SamplingTask& task, const float* over_outputs,
                                      const SamplingGradients& over, int device, void* stream) = nullptr;
};

/// Returns the kernels, all null in a build without CUDA.
const CudaKernels& cuda_kernels();

}  // namespace vcl
