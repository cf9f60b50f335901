// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"
#include "libvcl/files/spill_file.hpp"

namespace vcl {

/// The features of all frames of a video of any length. They are in memory up to a budget, then in a temporary file
/// that disappears with the process. All frames have the same sizes.
class FrameStore {
 public:
  explicit FrameStore(std::uint64_t memory_budget) : memory_budget_(memory_budget) {}

  /// Appends the features of one frame, [1, C, h, w] each, and its canvas, [1, 3, H, W], which all frames or none must
  /// have. Throws Error(Resource) that names the folder if the file cannot grow.
  void append(const FrameFeatures& frame, const at::Tensor& canvas = {});

  std::int64_t frames() const { return frames_; }
  /// Number of levels (strides 32, 16, 8).
  std::size_t levels() const { return levels_; }
  /// Returns the features of `count` frames from `first`, on their device: [count, C, h, w].
  at::Tensor level(std::size_t level, std::int64_t first, std::int64_t count) const;
  at::Tensor mask_features(std::int64_t first, std::int64_t count) const;
  /// Returns the canvas of a frame, on the CPU: [1, 3, H, W].
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
  SpillFile file_{"frame features"};  ///< the other frames in order
};

}  // namespace vcl
