// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine_golden.hpp"

#include <cstring>
#include <stdexcept>

#include "vcl/model.hpp"

namespace vcl::golden {
namespace {

at::ScalarType scalar(DType dtype) {
  switch (dtype) {
    case DType::U8:
      return at::kByte;
    case DType::I32:
      return at::kInt;
    case DType::I64:
      return at::kLong;
    case DType::F32:
      return at::kFloat;
    case DType::F64:
      return at::kDouble;
    case DType::Bool:
      return at::kBool;
    default:
      throw std::runtime_error("the golden tests have no use for this dtype");
  }
}

}  // namespace

at::Tensor tensor(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  at::Tensor copy = at::empty(view.shape, scalar(view.dtype));
  std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
  return copy;
}

at::Tensor pattern(const std::string& name, at::IntArrayRef shape) {
  return at::tensor(pattern_values(seed(), name, std::size_t(c10::multiply_integers(shape)))).view(shape);
}

std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

}  // namespace vcl::golden
