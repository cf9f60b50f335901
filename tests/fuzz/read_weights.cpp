// SPDX-License-Identifier: LGPL-2.1-or-later
#include "read_weights.hpp"

#include "fuzz.hpp"
#include "vcl/checkpoint.hpp"
#include "vcl/model.hpp"

namespace vcl::fuzz {
namespace {

/// Shape and bytes belong together, and every byte is there.
void check(const TensorView& tensor) {
  std::size_t size = dtype_size(tensor.dtype);
  for (const std::int64_t side : tensor.shape) {
    require(side >= 0, "no side is negative");
    size = side == 0 ? 0 : size * std::size_t(side);
  }
  require(std::ranges::count(tensor.shape, 0) > 0 ? tensor.bytes.empty() : tensor.bytes.size() == size,
          "a tensor has the bytes of its shape");
  require(tensor.bytes.empty() || reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % dtype_size(tensor.dtype) == 0,
          "a tensor is aligned");
  volatile int sum = 0;
  for (const std::byte byte : tensor.bytes) sum = sum + int(byte);
}

void check_network(const Checkpoint& file) {
  const StateDict weights = state_dict(file);
  const TensorShapes shapes = tensor_shapes(weights.tensors);
  tensor_problems(shapes, vit_tensors_like(shapes));
  const auto configuration = file.metadata().find("vcl");
  architecture_of(configuration == file.metadata().end() ? configuration_of(shapes) : configuration->second);
}

}  // namespace

void read_weights(std::string_view bytes) {
  const test::MemoryFile memory(bytes);
  accepts([&] {
    const Checkpoint file = Checkpoint::open(memory.path());
    for (const auto& [name, tensor] : file.tensors()) {
      const TensorView view = file.at(name);
      require(view.shape == tensor.shape && view.dtype == tensor.dtype, "a tensor is as the list says");
      check(view);
    }
    check_network(file);
  });
}

}  // namespace vcl::fuzz
