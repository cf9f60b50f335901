// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/eval/boundary.hpp"

#include <algorithm>
#include <cmath>

namespace vcl {
namespace {

std::vector<std::uint32_t> outline(std::span<const std::uint8_t> mask, Size size) {
  const auto width = std::size_t(size.width), height = std::size_t(size.height);
  const auto in = [&](std::size_t x, std::size_t y) { return mask[y * width + x] != 0; };
  std::vector<std::uint32_t> pixels;
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      const bool right = x + 1 < width, below = y + 1 < height, inside = in(x, y);
      if ((right && in(x + 1, y) != inside) || (below && in(x, y + 1) != inside) ||
          (right && below && in(x + 1, y + 1) != inside))
        pixels.push_back(std::uint32_t(y * width + x));
    }
  return pixels;
}

std::vector<std::uint8_t> discs_about(const std::vector<std::uint32_t>& pixels, Size size, int radius) {
  std::vector<int> reach;  // of the disc's rows, from the middle outwards
  for (int dy = 0; dy <= radius; ++dy) reach.push_back(int(std::sqrt(double(radius) * radius - double(dy) * dy)));
  std::vector<std::uint8_t> near(std::size_t(size.width) * size.height);
  for (const std::uint32_t pixel : pixels) {
    const int x = int(pixel % std::uint32_t(size.width)), y = int(pixel / std::uint32_t(size.width));
    for (int row = std::max(0, y - radius); row <= std::min(size.height - 1, y + radius); ++row) {
      const int wide = reach[std::size_t(std::abs(row - y))];
      const int left = std::max(0, x - wide), right = std::min(size.width - 1, x + wide);
      std::fill_n(near.begin() + std::ptrdiff_t(row) * size.width + left, right - left + 1, std::uint8_t(1));
    }
  }
  return near;
}

/// The share of an outline that is near the other; `absent` where there is nothing of it.
double share_near(const Boundary& a, const Boundary& b, double absent) {
  if (a.pixels.empty()) return absent;
  if (b.near.empty()) return 0;
  const auto near = std::ranges::count_if(a.pixels, [&](std::uint32_t pixel) { return b.near[pixel] != 0; });
  return double(near) / double(a.pixels.size());
}

}  // namespace

int boundary_tolerance(Size size) {
  return int(std::ceil(0.008 * std::sqrt(double(size.width) * size.width + double(size.height) * size.height)));
}

Boundary boundary_of(std::span<const std::uint8_t> mask, Size size, int tolerance) {
  Boundary boundary{outline(mask, size), {}};
  if (!boundary.pixels.empty()) boundary.near = discs_about(boundary.pixels, size, tolerance);
  return boundary;
}

double boundary_f(const Boundary& a, const Boundary& b) {
  const double precision = share_near(a, b, 1), recall = share_near(b, a, 1);
  return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
}

}  // namespace vcl
