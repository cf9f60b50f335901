// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/cuda_crf.hpp"

#include <algorithm>
#include <map>

#include "libvcl/cuda/kernels.hpp"
#include "libvcl/engine/cuda_stream.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// Device memory from LibTorch's own pool, so that kernels and tensors do not compete for memory.
class TensorMemory {
 public:
  explicit TensorMemory(at::Device device) : options_(at::TensorOptions(device).dtype(at::kByte)) {}

  DeviceMemory functions() {
    const auto allocate = [](void* owner, std::size_t bytes) {
      auto& self = *static_cast<TensorMemory*>(owner);
      // An empty tensor has no unique address.
      at::Tensor tensor = at::empty({std::int64_t(std::max<std::size_t>(bytes, 1))}, self.options_);
      void* const memory = tensor.data_ptr();
      self.held_.emplace(memory, std::move(tensor));
      return memory;
    };
    const auto release = [](void* owner, void* memory) { static_cast<TensorMemory*>(owner)->held_.erase(memory); };
    return {this, allocate, release};
  }

 private:
  at::TensorOptions options_;
  std::map<void*, at::Tensor> held_;
};

at::Tensor bytes_on(std::span<const std::uint8_t> bytes, at::IntArrayRef shape, at::Device device) {
  return at::from_blob(const_cast<std::uint8_t*>(bytes.data()), shape, at::kByte).to(device);
}

}  // namespace

bool has_cuda_crf() {
  return cuda_kernels().infer_crf != nullptr;
}

at::Tensor cuda_crf_field(const at::Tensor& rgb, const at::Tensor& masks, const CrfSettings& settings) {
  const at::Tensor image = rgb.contiguous(), given = masks.contiguous();
  at::Tensor field = at::empty(masks.sizes(), masks.options().dtype(at::kFloat));
  const CrfTask task{image.const_data_ptr<std::uint8_t>(),
                     {int(image.size(1)), int(image.size(0))},
                     settings,
                     given.const_data_ptr<std::uint8_t>(),
                     int(given.size(0)),
                     field.data_ptr<float>()};
  TensorMemory memory(rgb.device());
  check_kernels(
      cuda_kernels().infer_crf(task, memory.functions(), int(rgb.device().index()), current_cuda_stream(rgb.device())),
      "the CRF's CUDA kernels");
  return field;
}

std::vector<Mask> cuda_refine(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings,
                              std::span<const Mask> masks, at::Device device) {
  const std::int64_t width = size.width, height = size.height;
  at::Tensor given = at::empty({std::int64_t(masks.size()), height, width}, at::kByte);
  std::uint8_t* next = given.data_ptr<std::uint8_t>();
  for (const Mask& mask : masks) next = std::ranges::copy(mask.pixels, next).out;

  const at::Tensor field = cuda_crf_field(bytes_on(rgb, {height, width, 3}, device), given.to(device), settings);
  const at::Tensor foreground = (field > 0).to(at::kByte).cpu();  // a tie is background
  std::vector<Mask> refined(masks.size(), Mask(size.width, size.height));
  const std::uint8_t* from = foreground.const_data_ptr<std::uint8_t>();
  for (Mask& mask : refined) {
    std::copy_n(from, mask.pixels.size(), mask.pixels.begin());
    from += mask.pixels.size();
  }
  return refined;
}

}  // namespace vcl
