// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "vcl/safetensors.hpp"

namespace vcl {

// File layout: 8 bytes little-endian header length, header (JSON, optionally followed by blanks), tensor bytes.
inline constexpr std::uint64_t kSafetensorsPrefix = 8;
inline constexpr std::uint64_t kSafetensorsMaxHeader = 100'000'000;  // limit of the format itself
inline constexpr std::size_t kSafetensorsMaxRank = 64;
inline constexpr const char* kSafetensorsMetadata = "__metadata__";

std::string_view dtype_name(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);

/// Returns the size of a tensor in bytes, or nothing if a side is negative or the product overflows.
std::optional<std::uint64_t> tensor_bytes(DType dtype, std::span<const std::int64_t> shape);

}  // namespace vcl
