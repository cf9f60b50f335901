// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/regions.hpp"

#include <algorithm>

namespace vcl::train {
namespace {

/// Returns the pixels of `value` that are 4-connected to the start, and marks them in `seen`.
std::vector<int> flood(const Mask& mask, int start, std::uint8_t value, std::vector<std::uint8_t>& seen) {
  std::vector<int> region{start};
  seen[start] = 1;
  for (std::size_t k = 0; k < region.size(); ++k) {
    const int x = region[k] % mask.width, y = region[k] / mask.width;
    const auto visit = [&](int nx, int ny) {
      if (nx < 0 || ny < 0 || nx >= mask.width || ny >= mask.height) return;
      const int i = ny * mask.width + nx;
      if (seen[i] || mask.pixels[i] != value) return;
      seen[i] = 1;
      region.push_back(i);
    };
    visit(x - 1, y), visit(x + 1, y), visit(x, y - 1), visit(x, y + 1);
  }
  return region;
}

Mask spread3x3(const Mask& mask, bool all) {
  Mask out(mask.width, mask.height);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) {
      int count = 0;
      for (int j = std::max(0, y - 1); j <= std::min(mask.height - 1, y + 1); ++j)
        for (int i = std::max(0, x - 1); i <= std::min(mask.width - 1, x + 1); ++i) count += mask.at(i, j);
      out.at(x, y) = all ? count == 9 : count > 0;
    }
  return out;
}

}  // namespace

Mask open3x3(const Mask& mask) {
  return spread3x3(spread3x3(mask, true), false);
}

std::vector<Component> components(const Mask& mask) {
  std::vector<std::uint8_t> seen(mask.pixels.size());
  std::vector<Component> found;
  for (int i = 0; i < int(mask.pixels.size()); ++i) {
    if (seen[i] || mask.pixels[i] == 0) continue;
    const std::vector<int> region = flood(mask, i, 1, seen);
    Component component{region.size(), Mask(mask.width, mask.height)};
    for (const int pixel : region) component.mask.pixels[pixel] = 1;
    found.push_back(std::move(component));
  }
  std::stable_sort(found.begin(), found.end(), [](const Component& a, const Component& b) { return a.area > b.area; });
  return found;
}

Mask fill_holes(const Mask& mask, std::uint64_t most) {
  Mask filled = mask;
  std::vector<std::uint8_t> seen(mask.pixels.size());
  for (int i = 0; i < int(mask.pixels.size()); ++i) {
    if (seen[i] || mask.pixels[i] != 0) continue;
    const std::vector<int> region = flood(mask, i, 0, seen);
    const bool open = std::any_of(region.begin(), region.end(), [&](int p) {
      const int x = p % mask.width, y = p / mask.width;
      return x == 0 || y == 0 || x == mask.width - 1 || y == mask.height - 1;
    });
    if (open || region.size() > most) continue;
    for (const int pixel : region) filled.pixels[pixel] = 1;
  }
  return filled;
}

double iou(const Mask& a, const Mask& b) {
  std::uint64_t both = 0, either = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    both += a.pixels[i] && b.pixels[i];
    either += a.pixels[i] || b.pixels[i];
  }
  return either == 0 ? 0 : double(both) / double(either);
}

}  // namespace vcl::train
