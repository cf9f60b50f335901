// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstring>

#include "vcl/model.hpp"

namespace vcl {
namespace {

/// Returns whether a floating-point number of the stored bits is infinite or not a number: its exponent is all ones.
template <typename Bits>
bool all_finite(std::span<const std::byte> bytes, Bits exponent) {
  for (std::size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + at, sizeof bits);
    if ((bits & exponent) == exponent) return false;
  }
  return true;
}

}  // namespace

bool is_finite(const TensorView& tensor) {
  switch (tensor.dtype) {
    case DType::F16:
      return all_finite<std::uint16_t>(tensor.bytes, 0x7C00);
    case DType::BF16:
      return all_finite<std::uint16_t>(tensor.bytes, 0x7F80);
    case DType::F32:
      return all_finite<std::uint32_t>(tensor.bytes, 0x7F800000);
    case DType::F64:
      return all_finite<std::uint64_t>(tensor.bytes, 0x7FF0000000000000);
    default:
      return true;
  }
}

}  // namespace vcl
