// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/blocking.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vcl::train {
namespace {

/// Returns the orthonormal cosine basis: [side, side], one wave per row.
std::vector<float> cosines(int side) {
  std::vector<float> waves;
  for (int k = 0; k < side; ++k)
    for (int i = 0; i < side; ++i)
      waves.push_back(
          float(std::sqrt((k == 0 ? 1.0 : 2.0) / side) * std::cos(std::numbers::pi * (i + 0.5) * k / side)));
  return waves;
}

/// Computes out[r, c] = sum over k of a[r, k] b[k, c]. Either input may be transposed.
void multiply(const float* a, bool a_transposed, const float* b, bool b_transposed, int side, float* out) {
  for (int r = 0; r < side; ++r)
    for (int c = 0; c < side; ++c) {
      float sum = 0;
      for (int k = 0; k < side; ++k)
        sum += (a_transposed ? a[k * side + r] : a[r * side + k]) * (b_transposed ? b[c * side + k] : b[k * side + c]);
      out[r * side + c] = sum;
    }
}

}  // namespace

void compress(Clip& clip, int frame, int side, float step) {
  const std::vector<float> waves = cosines(side);
  std::vector<float> block(waves.size()), half(waves.size()), strength(waves.size());
  const auto pixel = [&](std::uint8_t* plane, int x, int y) -> std::uint8_t& {
    return plane[std::size_t(y) * clip.canvas.width + x];
  };
  for (int c = 0; c < 3; ++c) {
    std::uint8_t* plane = clip.image(frame) + c * clip.pixels();
    for (int top = 0; top < clip.content.height; top += side)
      for (int left = 0; left < clip.content.width; left += side) {
        for (int y = 0; y < side; ++y)
          for (int x = 0; x < side; ++x)
            block[std::size_t(y * side + x)] =
                pixel(plane, std::min(left + x, clip.content.width - 1), std::min(top + y, clip.content.height - 1));
        multiply(waves.data(), false, block.data(), false, side, half.data());
        multiply(half.data(), false, waves.data(), true, side, strength.data());
        for (int v = 0; v < side; ++v)
          for (int u = 0; u < side; ++u) {
            const float width = step * (1 + 4 * float(u + v) / float(side));
            float& wave = strength[std::size_t(v * side + u)];
            wave = width * std::round(wave / width);
          }
        multiply(waves.data(), true, strength.data(), false, side, half.data());
        multiply(half.data(), false, waves.data(), false, side, block.data());
        for (int y = 0; y < std::min(side, clip.content.height - top); ++y)
          for (int x = 0; x < std::min(side, clip.content.width - left); ++x)
            pixel(plane, left + x, top + y) =
                std::uint8_t(std::clamp(block[std::size_t(y * side + x)] + 0.5F, 0.0F, 255.0F));
      }
  }
}

}  // namespace vcl::train
