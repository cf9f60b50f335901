// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/boundary.hpp"

#include <algorithm>
#include <cmath>

namespace vcl {
namespace {

/// Returns the outline pixels of each label in one pass. If a pixel's neighbors differ from it, it is on the outlines
/// of its own label and of theirs.
std::vector<std::vector<std::uint32_t>> outlines(std::span<const std::uint8_t> labels, Size size, int count) {
  const auto width = std::size_t(size.width), height = std::size_t(size.height);
  std::vector<std::vector<std::uint32_t>> pixels(std::size_t(count) + 1);
  const auto add = [&](std::uint8_t label, std::size_t pixel) {
    if (label <= count && (pixels[label].empty() || pixels[label].back() != pixel))
      pixels[label].push_back(std::uint32_t(pixel));
  };
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t at = y * width + x;
      const bool has_right = x + 1 < width, has_lower = y + 1 < height;
      const std::uint8_t own = labels[at], right = has_right ? labels[at + 1] : own;
      const std::uint8_t lower = has_lower ? labels[at + width] : own;
      const std::uint8_t diagonal = has_right && has_lower ? labels[at + width + 1] : own;
      if (right == own && lower == own && diagonal == own) continue;
      for (const std::uint8_t label : {own, right, lower, diagonal}) add(label, at);
    }
  return pixels;
}

std::vector<std::uint8_t> discs_about(const std::vector<std::uint32_t>& pixels, Size size, int radius) {
  std::vector<int> reach;  // half widths of the disc's rows, from the middle outwards
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

/// Returns the share of outline `a` that is near `b`, or `absent` if `a` is empty.
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

std::vector<Boundary> boundaries_of(std::span<const std::uint8_t> labels, Size size, int count, int tolerance) {
  std::vector<std::vector<std::uint32_t>> pixels = outlines(labels, size, count);
  std::vector<Boundary> boundaries;
  for (int label = 1; label <= count; ++label) {
    Boundary& boundary = boundaries.emplace_back(Boundary{std::move(pixels[std::size_t(label)]), {}});
    if (!boundary.pixels.empty()) boundary.near = discs_about(boundary.pixels, size, tolerance);
  }
  return boundaries;
}

double boundary_f(const Boundary& a, const Boundary& b) {
  const double precision = share_near(a, b, 1), recall = share_near(b, a, 1);
  return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
}

}  // namespace vcl
