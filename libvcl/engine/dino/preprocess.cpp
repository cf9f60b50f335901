// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/dino/preprocess.hpp"

#include <algorithm>
#include <cmath>

#include "engine/dino/resize.hpp"

namespace vcl {

at::Tensor vit_input(const std::uint8_t* rgb, Size size) {
  const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(rgb), {1, size.height, size.width, 3}, at::kByte);
  const at::Tensor mean = at::tensor({0.485f, 0.456f, 0.406f}).view({1, 3, 1, 1});
  const at::Tensor deviation = at::tensor({0.229f, 0.224f, 0.225f}).view({1, 3, 1, 1});
  return (bytes.permute({0, 3, 1, 2}).to(at::kFloat).contiguous() / 255 - mean) / deviation;
}

at::Tensor vit_input_resized(const std::uint8_t* rgb, Size size, int fixed, int patch) {
  const auto square = resize_bytes(rgb, size, 3, {fixed, fixed}, ResizeFilter::Lanczos);
  // Half goes to even, as in the original: 250 / 20 patches are 12.
  const int side = std::max(1, int(std::nearbyint(double(fixed) / patch))) * patch;
  return vit_input(resize_bytes(square.data(), {fixed, fixed}, 3, {side, side}, ResizeFilter::Lanczos).data(),
                   {side, side});
}

}  // namespace vcl
