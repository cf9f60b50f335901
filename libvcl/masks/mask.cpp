// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/mask.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "libvcl/masks/run_builder.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

std::uint64_t pixel_count(int width, int height) {
  const bool fits = width >= 0 && height >= 0 && std::int64_t(width) * height <= kMaxMaskPixels;
  if (!fits) {
    throw Error(ErrorKind::Invalid, "mask size " + std::to_string(width) + "x" + std::to_string(height) +
                                        " is negative or above the limit of 2^30 pixels");
  }
  return std::uint64_t(width) * std::uint64_t(height);
}

void check_same_size(const Rle& a, const Rle& b) {
  if (a.width == b.width && a.height == b.height) return;
  throw Error(ErrorKind::Invalid, "masks differ in size: " + std::to_string(a.width) + "x" + std::to_string(a.height) +
                                      " and " + std::to_string(b.width) + "x" + std::to_string(b.height));
}

/// Walks through two masks of the same size together and calls visit(a is foreground, b is foreground, pixels) for each
/// stretch.
template <typename Visit>
void walk(const Rle& a, const Rle& b, Visit visit) {
  std::size_t i = 0, j = 0;
  std::uint32_t left_a = a.runs.empty() ? 0 : a.runs[0], left_b = b.runs.empty() ? 0 : b.runs[0];
  while (i < a.runs.size() && j < b.runs.size()) {
    const std::uint32_t step = std::min(left_a, left_b);
    visit(i % 2 == 1, j % 2 == 1, step);
    left_a -= step;
    left_b -= step;
    if (left_a == 0 && ++i < a.runs.size()) left_a = a.runs[i];
    if (left_b == 0 && ++j < b.runs.size()) left_b = b.runs[j];
  }
}

/// Appends x * height + y for each x where exactly one of `row` and `above` is foreground.
void append_edges(const std::uint8_t* row, const std::uint8_t* above, std::vector<std::uint8_t>& differs, int y,
                  int height, std::vector<std::uint32_t>& edges) {
  const std::size_t width = differs.size();
  for (std::size_t x = 0; x < width; ++x) differs[x] = (row[x] != 0) != (above[x] != 0);
  const std::uint8_t* const begin = differs.data();
  const std::uint8_t* const end = begin + width;
  const auto next = [&](const std::uint8_t* from) {
    return static_cast<const std::uint8_t*>(std::memchr(from, 1, static_cast<std::size_t>(end - from)));
  };
  for (const std::uint8_t* hit = next(begin); hit != nullptr; hit = next(hit + 1)) {
    edges.push_back(static_cast<std::uint32_t>(hit - begin) * std::uint32_t(height) + std::uint32_t(y));
  }
}

}  // namespace

Rle rle_encode(const Mask& mask) {
  const std::uint64_t pixels = pixel_count(mask.width, mask.height);
  if (mask.pixels.size() != pixels) {
    throw Error(ErrorKind::Invalid, "a mask of " + std::to_string(pixels) + " pixels holds " +
                                        std::to_string(mask.pixels.size()) + " bytes");
  }
  Rle rle{mask.width, mask.height, {}};
  if (pixels == 0) return rle;
  // The edges are found row by row and then sorted into column-major order, because memory is row-major and most rows
  // equal the one above.
  std::vector<std::uint32_t> edges;
  std::vector<std::uint8_t> differs(std::size_t(mask.width));
  for (int y = 1; y < mask.height; ++y) {
    const std::uint8_t* row = mask.pixels.data() + std::size_t(y) * mask.width;
    append_edges(row, row - mask.width, differs, y, mask.height, edges);
  }
  bool before = false;
  for (int x = 0; x < mask.width; ++x) {
    if ((mask.at(x, 0) != 0) != before) edges.push_back(std::uint32_t(x) * std::uint32_t(mask.height));
    before = mask.at(x, mask.height - 1) != 0;
  }
  std::ranges::sort(edges);
  edges.push_back(static_cast<std::uint32_t>(pixels));
  rle.runs.resize(edges.size());
  std::adjacent_difference(edges.begin(), edges.end(), rle.runs.begin());
  return rle;
}

Mask rle_decode(const Rle& rle) {
  const std::uint64_t pixels = pixel_count(rle.width, rle.height);
  if (std::accumulate(rle.runs.begin(), rle.runs.end(), std::uint64_t(0)) != pixels) {
    throw Error(ErrorKind::Invalid, "the runs of a mask do not sum to its size");
  }
  Mask mask(rle.width, rle.height);
  int x = 0, y = 0;
  for (std::size_t i = 0; i < rle.runs.size(); ++i) {
    std::uint32_t left = rle.runs[i];
    while (left > 0) {
      const int part = static_cast<int>(std::min<std::uint32_t>(left, std::uint32_t(rle.height - y)));
      if (i % 2 == 1) {
        for (int end = y + part, row = y; row < end; ++row) mask.at(x, row) = 1;
      }
      left -= std::uint32_t(part);
      y += part;
      if (y == rle.height) y = 0, ++x;
    }
  }
  return mask;
}

std::uint64_t rle_area(const Rle& rle) {
  std::uint64_t area = 0;
  for (std::size_t i = 1; i < rle.runs.size(); i += 2) area += rle.runs[i];
  return area;
}

Box rle_box(const Rle& rle) {
  if (rle.height <= 0) return {};
  const std::uint64_t height = std::uint64_t(rle.height);
  std::uint64_t left = UINT64_MAX, right = 0, top = UINT64_MAX, bottom = 0, position = 0;
  for (std::size_t i = 0; i < rle.runs.size(); ++i) {
    const std::uint64_t begin = position;
    position += rle.runs[i];
    if (i % 2 == 0 || rle.runs[i] == 0) continue;
    const std::uint64_t last = position - 1;
    left = std::min(left, begin / height);
    right = std::max(right, last / height);
    const bool one_column = begin / height == last / height;  // otherwise it touches the top and bottom
    top = std::min(top, one_column ? begin % height : 0);
    bottom = std::max(bottom, one_column ? last % height : height - 1);
  }
  if (left == UINT64_MAX) return {};
  return {int(left), int(top), int(right - left + 1), int(bottom - top + 1)};
}

std::uint64_t rle_intersection(const Rle& a, const Rle& b) {
  check_same_size(a, b);
  std::uint64_t both = 0;
  walk(a, b, [&](bool in_a, bool in_b, std::uint32_t pixels) { both += in_a && in_b ? pixels : 0; });
  return both;
}

double rle_iou(const Rle& a, const Rle& b, bool crowd) {
  const std::uint64_t both = rle_intersection(a, b);
  const std::uint64_t whole = crowd ? rle_area(a) : rle_area(a) + rle_area(b) - both;
  return whole == 0 ? 0.0 : double(both) / double(whole);
}

Rle rle_merge(std::span<const Rle> masks, bool intersect) {
  if (masks.empty()) return {};
  Rle merged = masks[0];
  for (const Rle& mask : masks.subspan(1)) {
    check_same_size(merged, mask);
    RunBuilder runs;
    walk(merged, mask, [&](bool in_a, bool in_b, std::uint32_t pixels) {
      runs.add(intersect ? in_a && in_b : in_a || in_b, pixels);
    });
    merged.runs = runs.take();
  }
  return merged;
}

}  // namespace vcl
