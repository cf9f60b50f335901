// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>
#include <string>

#include "golden_files.hpp"
#include "libvcl/engine/weights.hpp"
#include "vcl/safetensors.hpp"

/// What the golden tests of the engine share: where the reference numbers are and how to read them.
namespace vcl::golden {

/// A tensor of the file in its own dtype.
at::Tensor tensor(const SafetensorsFile& file, const std::string& name);
/// Pattern values p in [-1, 1) of the golden README, float32.
at::Tensor pattern(const std::string& name, at::IntArrayRef shape);
/// CRC-32 of bytes as zlib computes it.
std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count);

}  // namespace vcl::golden
