// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/frame_store.hpp"

#include <functional>
#include <numeric>

namespace vcl {
namespace {

std::uint64_t bytes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t(sizeof(float)), std::multiplies<>());
}

}  // namespace

void FrameStore::append(const FrameFeatures& frame, const at::Tensor& canvas) {
  Parts parts = frame.levels;
  parts.push_back(frame.mask_features);
  if (canvas.defined()) parts.push_back(canvas);
  if (frames_ == 0) {
    levels_ = frame.levels.size();
    options_ = frame.mask_features.options();
    for (const at::Tensor& part : parts) {
      shapes_.push_back(part.sizes().slice(1).vec());
      frame_bytes_ += bytes_of(shapes_.back());
    }
  }
  if (std::uint64_t(frames_ + 1) * frame_bytes_ <= memory_budget_)
    in_memory_.push_back(std::move(parts));
  else
    spill(parts);
  ++frames_;
}

void FrameStore::spill(const Parts& parts) {
  for (const at::Tensor& part : parts) {
    const at::Tensor plain = part.to(at::kCPU, at::kFloat).contiguous();
    file_.append({static_cast<const std::byte*>(plain.const_data_ptr()), plain.nbytes()});
  }
}

at::Tensor FrameStore::level(std::size_t level, std::int64_t first, std::int64_t count) const {
  return read(level, first, count);
}

at::Tensor FrameStore::mask_features(std::int64_t first, std::int64_t count) const {
  return read(levels(), first, count);
}

at::Tensor FrameStore::canvas(std::int64_t frame) const {
  return read(levels() + 1, frame, 1).cpu();
}

at::Tensor FrameStore::read(std::size_t part, std::int64_t first, std::int64_t count) const {
  std::vector<at::Tensor> frames;
  for (std::int64_t frame = first; frame < first + count; ++frame)
    frames.push_back(frame < std::int64_t(in_memory_.size()) ? in_memory_[std::size_t(frame)][part]
                                                             : read_spilled(part, frame));
  return at::cat(frames);
}

at::Tensor FrameStore::read_spilled(std::size_t part, std::int64_t frame) const {
  std::uint64_t at = std::uint64_t(frame - std::int64_t(in_memory_.size())) * frame_bytes_;
  for (std::size_t p = 0; p < part; ++p) at += bytes_of(shapes_[p]);
  std::vector<std::int64_t> shape = shapes_[part];
  shape.insert(shape.begin(), 1);
  const at::Tensor values = at::empty(shape, at::kFloat);
  file_.read(at, {static_cast<std::byte*>(values.mutable_data_ptr()), values.nbytes()});
  return values.to(options_);
}

}  // namespace vcl
