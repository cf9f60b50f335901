// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"
#include "libvcl/files/spill_file.hpp"

namespace vcl {

/// Features of the frames of a video of any length: in memory up to a budget, then in a temporary file that goes away
/// with the process. All frames have the same sizes.
class FrameStore {
 public:
  explicit FrameStore(std::uint64_t memory_budget) : memory_budget_(memory_budget) {}

  /// One frame's, [1, C, h, w] each, and, of all frames or none, its canvas, [1, 3, H, W]. Throws Error(Resource),
  /// naming the folder, when the file cannot grow.
  void append(const FrameFeatures& frame, const at::Tensor& canvas = {});

  std::int64_t frames() const { return frames_; }
  /// Number of levels (strides 32, 16, 8).
  std::size_t levels() const { return levels_; }
  /// Of `count` frames from `first`, on their device: [count, C, h, w].
  at::Tensor level(std::size_t level, std::int64_t first, std::int64_t count) const;
  at::Tensor mask_features(std::int64_t first, std::int64_t count) const;
  /// Of a frame, on the CPU: [1, 3, H, W].
  at::Tensor canvas(std::int64_t frame) const;

 private:
  using Parts = std::vector<at::Tensor>;  // the levels, the mask features, the canvas

  void spill(const Parts& parts);
  at::Tensor read(std::size_t part, std::int64_t first, std::int64_t count) const;
  at::Tensor read_spilled(std::size_t part, std::int64_t frame) const;

  const std::uint64_t memory_budget_;
  std::int64_t frames_ = 0;
  std::size_t levels_ = 0;
  std::vector<Parts> in_memory_;                   ///< the first frames
  std::vector<std::vector<std::int64_t>> shapes_;  ///< of each part
  at::TensorOptions options_;
  std::uint64_t frame_bytes_ = 0;
  SpillFile file_{"frame features"};  ///< the other frames, one after the other
};

}  // namespace vcl
