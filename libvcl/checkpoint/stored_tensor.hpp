// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vcl/safetensors.hpp"

namespace vcl {

/// A tensor as stored in a file, with any strides, offset (in elements of its storage, all inside it) and byte order.
struct StoredTensor {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape, strides;
  std::span<const std::byte> storage;
  std::uint64_t offset = 0;
  bool swapped = false;
};

std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape);
std::uint64_t byte_count(const StoredTensor& tensor);

/// Returns whether the file holds the tensor in the form that callers need: row-major, little-endian, aligned to its
/// element size.
bool is_plain(const StoredTensor& tensor);
/// Returns its bytes in the file. Requires is_plain().
std::span<const std::byte> plain_bytes(const StoredTensor& tensor);
/// Writes a plain copy to `target`, which has byte_count() bytes.
void copy_plain(const StoredTensor& tensor, std::span<std::byte> target);

}  // namespace vcl
