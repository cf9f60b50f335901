// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/safetensors.hpp"

namespace vcl::golden {

inline std::vector<std::uint8_t> bytes(const TensorView& tensor) {
  std::vector<std::uint8_t> values;
  for (const std::byte byte : tensor.bytes) values.push_back(std::to_integer<std::uint8_t>(byte));
  return values;
}

}  // namespace vcl::golden
