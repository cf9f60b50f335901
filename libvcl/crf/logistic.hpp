// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

/// The arithmetic of a pixel's two labels. It is constexpr so that GPU code may call it, and plain so that every
/// processor and GPU gives the same bits and loops over it vectorize.
namespace vcl {

/// Returns U_bg - U_fg for a pixel of a hard mask: the softmax of the logits 1 - m and m gives unaries that differ by
/// 1.
constexpr float mask_bias(std::uint8_t pixel) {
  return pixel != 0 ? 1.0f : -1.0f;
}

/// Returns exp(-x) for x in [0, 80], relative error below 2e-7.
constexpr float exp_of_minus(float x) {
  const float scaled = x * 1.44269504f;
  const int power = int(scaled + 0.5f);
  // ln 2 in two parts: the first has few digits, so its product with `power` is exact.
  const float rest = float(power) * 0.693359375f - x - float(power) * 2.12194440e-4f;  // in [-ln2 / 2, ln2 / 2]
  float sum = 1.0f / 5040;
  for (const float factor : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) sum = sum * rest + factor;
  return sum * std::bit_cast<float>((127 - power) << 23);
}

/// Returns tanh(x / 2), exactly odd: the difference of two probabilities whose logits differ by x.
constexpr float tanh_half(float x) {
  const float tail = exp_of_minus(std::min(std::abs(x), 80.0f));
  return std::copysign((1.0f - tail) / (1.0f + tail), x);
}

}  // namespace vcl
