// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/preprocess.hpp"

#include <algorithm>
#include <cmath>

#include "vcl/resize.hpp"

namespace vcl {

at::Tensor vit_input(const std::uint8_t* rgb, Size size) {
  const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(rgb), {1, size.height, size.width, 3}, at::kByte);
  const at::Tensor mean = at::tensor({0.485f, 0.456f, 0.406f}).view({1, 3, 1, 1});
  const at::Tensor deviation = at::tensor({0.229f, 0.224f, 0.225f}).view({1, 3, 1, 1});
  return (bytes.permute({0, 3, 1, 2}).to(at::kFloat).contiguous() / 255 - mean) / deviation;
}

at::Tensor vit_input_resized(const std::uint8_t* rgb, Size size, Size fixed, int patch) {
  const auto scaled = resize_bytes(rgb, size, 3, fixed, ResizeFilter::Lanczos);
  // Halves round to even, as in the original: 250 / 20 gives 12 patches.
  const auto whole = [patch](int side) { return std::max(1, int(std::nearbyint(double(side) / patch))) * patch; };
  const Size to{whole(fixed.width), whole(fixed.height)};
  return vit_input(resize_bytes(scaled.data(), fixed, 3, to, ResizeFilter::Lanczos).data(), to);
}

}  // namespace vcl
