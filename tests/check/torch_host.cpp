// SPDX-License-Identifier: LGPL-2.1-or-later
// An application that links LibTorch itself, and another BLAS too: it has its own copies of LibTorch's variables, which
// the engine must not see double. `torch_host MODEL` exits 0 when features come out.
#include <ATen/ATen.h>

#include <cstdio>
#include <exception>

#include "vcl/features.hpp"

int main(int, char** argv) try {
  const at::Tensor grey = at::full({32, 32, 3}, 128, at::kByte), nothing;
  vcl::FrameView frame;
  frame.size = {32, 32};
  frame.planes[0] = grey.const_data_ptr<std::uint8_t>();
  frame.strides[0] = 96;
  const auto features = vcl::open_features({.model = argv[1], .device = "cpu", .input = {64, 64}})->extract(frame);
  return nothing.defined() || features.values.empty();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
