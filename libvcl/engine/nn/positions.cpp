// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/positions.hpp"

#include <cmath>

namespace vcl {
namespace {

/// Codes the 1-based indices of `n` cells as angles with interleaved sines and cosines: [n, channels].
at::Tensor axis_code(std::int64_t n, std::int64_t channels, const at::Tensor& like) {
  const auto options = like.options().dtype(at::kFloat);
  const at::Tensor angle = at::arange(1, n + 1, options) / (double(n) + 1e-6) * (2 * M_PI);
  const at::Tensor pair = at::arange(channels, options).div(2, "floor");
  const at::Tensor wavelength = at::pow(10000.0, 2 * pair / double(channels));
  const at::Tensor phase = angle.unsqueeze(1) / wavelength;  // [n, channels]
  const at::Tensor even = phase.slice(1, 0, channels, 2).sin(), odd = phase.slice(1, 1, channels, 2).cos();
  return at::stack({even, odd}, 2).flatten(1);
}

}  // namespace

at::Tensor sine_position_2d(std::int64_t channels, std::int64_t height, std::int64_t width, const at::Tensor& like) {
  const std::int64_t half = channels / 2;
  const at::Tensor y = axis_code(height, half, like).t().unsqueeze(2).expand({half, height, width});
  const at::Tensor x = axis_code(width, half, like).t().unsqueeze(1).expand({half, height, width});
  return at::cat({y, x}).unsqueeze(0);
}

at::Tensor sine_time(std::int64_t channels, std::int64_t frames, const at::Tensor& like) {
  return axis_code(frames, channels, like);
}

at::Tensor sine_position_3d(std::int64_t channels, std::int64_t frames, std::int64_t height, std::int64_t width,
                            const at::Tensor& like, std::int64_t first, std::int64_t count) {
  if (count < 0) count = frames - first;
  const at::Tensor t = sine_time(channels, frames, like).narrow(0, first, count).view({1, count, channels, 1, 1});
  return sine_position_2d(channels, height, width, like).unsqueeze(1) + t;
}

}  // namespace vcl
