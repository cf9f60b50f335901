// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/video/frame_store.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "core/unnamed_file.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

std::uint64_t bytes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t(sizeof(float)), std::multiplies<>());
}

[[noreturn]] void fail(const char* what) {
  const std::string cause = std::strerror(errno);
  throw Error(ErrorKind::Resource, std::string("cannot ") + what + " the temporary file for frame features in " +
                                       fs::temp_directory_path().string() + ": " + cause +
                                       "; free space there or name another folder in TMPDIR");
}

}  // namespace

void FrameStore::append(const FrameFeatures& frame) {
  Parts parts = frame.levels;
  parts.push_back(frame.mask_features);
  if (frames_ == 0) {
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
  if (!file_) file_.reset(open_unnamed_file(fs::temp_directory_path().string()));
  if (!file_) fail("create");
  if (::fseeko(file_.get(), off_t(std::uint64_t(frames_ - std::int64_t(in_memory_.size())) * frame_bytes_), SEEK_SET) !=
      0)
    fail("use");
  for (const at::Tensor& part : parts) {
    const at::Tensor plain = part.to(at::kCPU, at::kFloat).contiguous();
    if (std::fwrite(plain.const_data_ptr(), 1, plain.nbytes(), file_.get()) != plain.nbytes()) fail("write");
  }
  if (std::fflush(file_.get()) != 0) fail("write");
}

at::Tensor FrameStore::level(std::size_t level, std::int64_t first, std::int64_t count) const {
  return read(level, first, count);
}

at::Tensor FrameStore::mask_features(std::int64_t first, std::int64_t count) const {
  return read(levels(), first, count);
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
  if (::fseeko(file_.get(), off_t(at), SEEK_SET) != 0 ||
      std::fread(values.mutable_data_ptr(), 1, values.nbytes(), file_.get()) != values.nbytes())
    fail("read");
  return values.to(options_);
}

}  // namespace vcl
