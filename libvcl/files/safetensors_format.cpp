// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/files/safetensors_format.hpp"

#include <array>
#include <limits>

namespace vcl {

namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<DTypeRow, 10> kDTypes{{{DType::U8, "U8", 1},
                                            {DType::I8, "I8", 1},
                                            {DType::I16, "I16", 2},
                                            {DType::I32, "I32", 4},
                                            {DType::I64, "I64", 8},
                                            {DType::F16, "F16", 2},
                                            {DType::BF16, "BF16", 2},
                                            {DType::F32, "F32", 4},
                                            {DType::F64, "F64", 8},
                                            {DType::Bool, "BOOL", 1}}};

constexpr bool rows_in_enum_order() {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (static_cast<std::size_t>(kDTypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(rows_in_enum_order());

}  // namespace

std::size_t dtype_size(DType dtype) {
  return kDTypes.at(static_cast<std::size_t>(dtype)).size;
}

std::string_view dtype_name(DType dtype) {
  return kDTypes.at(static_cast<std::size_t>(dtype)).name;
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> tensor_bytes(DType dtype, std::span<const std::int64_t> shape) {
  std::int64_t bytes = static_cast<std::int64_t>(dtype_size(dtype));
  for (const std::int64_t side : shape) {
    if (side < 0 || __builtin_mul_overflow(bytes, side, &bytes)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace vcl
