// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/stored_tensor.hpp"

#include <algorithm>
#include <cstring>

#include "libvcl/files/safetensors_format.hpp"

namespace vcl {

namespace {

/// The stride of a side with only one element does not matter.
bool is_row_major(const StoredTensor& tensor) {
  if (byte_count(tensor) == 0) return true;
  const auto wanted = row_major_strides(tensor.shape);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != wanted[i]) return false;
  }
  return true;
}

/// Visits the elements in row-major order. `position` counts elements of the storage.
template <class Visit>
void for_each_element(const StoredTensor& tensor, Visit visit) {
  const std::size_t rank = tensor.shape.size();
  std::vector<std::int64_t> index(rank);
  std::uint64_t position = tensor.offset;
  for (;;) {
    visit(position);
    std::size_t side = rank;
    while (side > 0) {
      --side;
      position += std::uint64_t(tensor.strides[side]);
      if (++index[side] < tensor.shape[side]) break;
      position -= std::uint64_t(tensor.strides[side]) * std::uint64_t(tensor.shape[side]);
      index[side] = 0;
      if (side == 0) return;
    }
    if (rank == 0) return;
  }
}

template <std::size_t kSize>
void gather(const StoredTensor& tensor, std::byte* target) {
  for_each_element(tensor, [&](std::uint64_t position) {
    std::memcpy(target, tensor.storage.data() + position * kSize, kSize);
    target += kSize;
  });
}

}  // namespace

std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  if (std::ranges::count(shape, 0) != 0) return strides;  // no elements: the other sides may have any size
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

std::uint64_t byte_count(const StoredTensor& tensor) {
  return tensor_bytes(tensor.dtype, tensor.shape).value();  // checked when it was read
}

bool is_plain(const StoredTensor& tensor) {
  if (byte_count(tensor) == 0) return true;
  const std::size_t size = dtype_size(tensor.dtype);
  const auto* begin = tensor.storage.data() + tensor.offset * size;
  return !(tensor.swapped && size > 1) && reinterpret_cast<std::uintptr_t>(begin) % size == 0 && is_row_major(tensor);
}

std::span<const std::byte> plain_bytes(const StoredTensor& tensor) {
  const std::uint64_t bytes = byte_count(tensor);
  if (bytes == 0) return {};
  return tensor.storage.subspan(tensor.offset * dtype_size(tensor.dtype), bytes);
}

void copy_plain(const StoredTensor& tensor, std::span<std::byte> target) {
  if (target.empty()) return;
  const std::size_t size = dtype_size(tensor.dtype);
  if (is_row_major(tensor)) {
    std::ranges::copy(plain_bytes(tensor), target.begin());
  } else if (size == 1) {
    gather<1>(tensor, target.data());
  } else if (size == 2) {
    gather<2>(tensor, target.data());
  } else if (size == 4) {
    gather<4>(tensor, target.data());
  } else {
    gather<8>(tensor, target.data());
  }
  if (!tensor.swapped) return;
  for (std::size_t i = 0; i < target.size(); i += size) std::ranges::reverse(target.subspan(i, size));
}

}  // namespace vcl
