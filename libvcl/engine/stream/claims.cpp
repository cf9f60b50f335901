// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/claims.hpp"

#include <algorithm>

namespace vcl {
namespace {

constexpr double kMostClaimed = 0.5;                    // maximum claimed share of a separate instance
constexpr double kHeld = 0.8, kShareOfTheWhole = 0.25;  // shares: of a better mask inside this one, and of this one
constexpr double kCrumb = 0.1;                          // relative to the largest part

/// Negates the logits of connected parts of the content that are much smaller than the largest one, which makes them
/// background.
void drop_crumbs(at::Tensor& logits, Size content) {
  float* const values = logits.mutable_data_ptr<float>();
  const std::int64_t stride = logits.size(1);
  std::vector<bool> seen(std::size_t(logits.numel()));
  std::vector<std::vector<std::int64_t>> parts;
  for (int top = 0; top < content.height; ++top)
    for (int left = 0; left < content.width; ++left) {
      std::vector<std::int64_t> part;
      const auto reach = [&](std::int64_t x, std::int64_t y) {
        if (x < 0 || y < 0 || x >= content.width || y >= content.height) return;
        const std::int64_t pixel = y * stride + x;
        if (seen[std::size_t(pixel)] || !(values[pixel] > 0)) return;
        seen[std::size_t(pixel)] = true;
        part.push_back(pixel);
      };
      reach(left, top);
      for (std::size_t next = 0; next < part.size(); ++next) {
        const std::int64_t x = part[next] % stride, y = part[next] / stride;
        reach(x - 1, y), reach(x + 1, y), reach(x, y - 1), reach(x, y + 1);
      }
      if (!part.empty()) parts.push_back(std::move(part));
    }
  std::size_t largest = 0;
  for (const auto& part : parts) largest = std::max(largest, part.size());
  for (const auto& part : parts)
    if (double(part.size()) < kCrumb * double(largest))
      for (const std::int64_t pixel : part) values[pixel] = -values[pixel];
}

double area(const at::Tensor& mask) {
  return double(mask.sum().item<std::int64_t>());
}

}  // namespace

at::Tensor Claims::inside(const at::Tensor& logits) const {
  return logits.slice(0, 0, content_.height).slice(1, 0, content_.width).gt(0);
}

at::Tensor Claims::left_of(const at::Tensor& logits) const {
  const at::Tensor mask = inside(logits);
  const double whole = area(mask);
  for (const at::Tensor& better : masks_) {
    const double part = area(better);
    if (part >= kShareOfTheWhole * whole && area(mask.logical_and(better)) >= kHeld * part) return {};
  }
  // With the minimum, the border between two pixels lies where the better mask's border lies.
  at::Tensor left = unclaimed_.defined() ? at::minimum(logits, unclaimed_) : logits.clone();
  if (whole > 0 && area(inside(left)) < (1 - kMostClaimed) * whole) return {};
  drop_crumbs(left, content_);
  return left;
}

void Claims::claim(const at::Tensor& logits) {
  unclaimed_ = unclaimed_.defined() ? at::minimum(unclaimed_, -logits) : -logits;
  masks_.push_back(inside(logits));
}

}  // namespace vcl
