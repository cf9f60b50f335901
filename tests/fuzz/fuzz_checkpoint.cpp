// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a file of weights: .safetensors, .pth of either kind or .pkl.
#include "fuzz.hpp"
#include "read_weights.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vcl::fuzz::read_weights(vcl::fuzz::text_of(data, size));
  return 0;
}
