// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>

#include "training/clips/clip_source.hpp"

namespace vcl::train {
namespace {

constexpr double kTrustedForPasting = 0.5;  // agreement of the network's mask with the classical one (method.md 9.3)

Box united(const Box& a, const Box& b) {
  if (a.width == 0) return b;
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x, std::max(a.y + a.height, b.y + b.height) - y};
}

}  // namespace

ClipSource::ClipSource(const std::vector<Photo>& photos, const std::vector<std::size_t>& among)
    : photos_(photos), sampler_(photos, among), objects_(photos.size()) {
  for (const std::size_t index : among) {
    const Photo& photo = photos[index];
    const int w = photo.size.width, h = photo.size.height;
    std::array<int, 256> left, top, right, bottom, on_border{};
    left.fill(w), top.fill(h), right.fill(-1), bottom.fill(-1);
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        const int id = photo.labels[std::size_t(y) * w + x];
        left[id] = std::min(left[id], x), right[id] = std::max(right[id], x);
        top[id] = std::min(top[id], y), bottom[id] = std::max(bottom[id], y);
        on_border[id] += x == 0 || y == 0 || x == w - 1 || y == h - 1;
      }
    for (int id = 1; id < 256; ++id) {
      const Box box{left[id], top[id], right[id] - left[id] + 1, bottom[id] - top[id] + 1};
      if (right[id] < 0) continue;
      objects_[index] = united(objects_[index], box);
      if (photo.weight >= kTrustedForPasting && on_border[id] <= 0.1 * (box.width + box.height))
        cutouts_.push_back({index, std::uint8_t(id), box});
    }
  }
}

}  // namespace vcl::train
