// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/mask_crop.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "libvcl/masks/nearest_index.hpp"
#include "libvcl/masks/run_builder.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

void require_inside(Box box, Size frame) {
  const bool inside = box.x >= 0 && box.y >= 0 && box.width >= 0 && box.height >= 0 && box.x <= frame.width &&
                      box.y <= frame.height && box.width <= frame.width - box.x && box.height <= frame.height - box.y;
  if (!inside) throw Error(ErrorKind::Invalid, "the crop of a mask must lie within its frame");
}

std::vector<int> nearest_indices(int from, int to) {
  std::vector<int> indices(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) indices[std::size_t(i)] = nearest_index(i, from, to);
  return indices;
}

/// Calls work(x, y, count) for the foreground, column by column of each run: `count` pixels, of which (x, y) is the
/// top.
template <typename Work>
void for_each_column(const Rle& rle, Work work) {
  const auto height = std::uint64_t(rle.height);
  std::uint64_t position = 0;
  for (std::size_t i = 0; i < rle.runs.size(); position += rle.runs[i++]) {
    if (i % 2 == 0) continue;
    const std::uint64_t end = position + rle.runs[i];
    for (std::uint64_t at = position; at < end;) {
      const std::uint64_t count = std::min(height - at % height, end - at);
      work(int(at / height), int(at % height), int(count));
      at += count;
    }
  }
}

// Returns the first and one past the last target index whose source index lies in [begin, begin + length).
std::pair<int, int> covered(const std::vector<int>& indices, int begin, int length) {
  const auto first = std::lower_bound(indices.begin(), indices.end(), begin);
  const auto last = std::lower_bound(first, indices.end(), begin + length);
  return {int(first - indices.begin()), int(last - indices.begin())};
}

}  // namespace

Mask rle_crop(const Rle& rle, Box box) {
  require_inside(box, {rle.width, rle.height});
  Mask crop(box.width, box.height);
  for_each_column(rle, [&](int x, int y, int count) {
    if (x < box.x || x >= box.x + box.width) return;
    for (int row = std::max(y, box.y); row < std::min(y + count, box.y + box.height); ++row)
      crop.at(x - box.x, row - box.y) = 1;
  });
  return crop;
}

Rle rle_from_crop(const Mask& crop, int x, int y, Size frame) {
  require_inside({x, y, crop.width, crop.height}, frame);
  const std::uint64_t height = std::uint64_t(frame.height);
  RunBuilder runs;
  std::uint64_t written = 0;
  for (int column = 0; column < crop.width; ++column) {
    const std::uint64_t top = std::uint64_t(x + column) * height + std::uint64_t(y);
    runs.add(false, std::uint32_t(top - written));
    for (int row = 0; row < crop.height; ++row) runs.add(crop.at(column, row) != 0, 1);
    written = top + std::uint64_t(crop.height);
  }
  runs.add(false, std::uint32_t(std::uint64_t(frame.width) * height - written));
  return {frame.width, frame.height, runs.take()};
}

Rle rle_place(const Rle& part, int x, int y, Size frame) {
  require_inside({x, y, part.width, part.height}, frame);
  const auto height = std::uint64_t(frame.height);
  RunBuilder runs;
  std::uint64_t written = 0;
  for_each_column(part, [&](int column, int row, int count) {
    const std::uint64_t first = std::uint64_t(x + column) * height + std::uint64_t(y + row);
    runs.add(false, std::uint32_t(first - written));
    runs.add(true, std::uint32_t(count));
    written = first + std::uint64_t(count);
  });
  runs.add(false, std::uint32_t(std::uint64_t(frame.width) * height - written));
  return {frame.width, frame.height, runs.take()};
}

Rle rle_scale(const Rle& rle, Size size) {
  if (size.width < 1 || size.height < 1 || std::int64_t(size.width) * size.height > kMaxMaskPixels)
    throw Error(ErrorKind::Invalid, "a mask cannot be scaled to an empty or absurdly large size");
  if (size == Size{rle.width, rle.height}) return rle;
  const Box box = rle_box(rle);
  if (box.width == 0) return rle_from_crop(Mask(0, 0), 0, 0, size);

  const std::vector<int> columns = nearest_indices(rle.width, size.width);
  const std::vector<int> rows = nearest_indices(rle.height, size.height);
  const auto [left, right] = covered(columns, box.x, box.width);
  const auto [top, bottom] = covered(rows, box.y, box.height);
  const Mask source = rle_crop(rle, box);
  Mask target(right - left, bottom - top);
  bool any = false;
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      any |= (target.at(x - left, y - top) = source.at(columns[std::size_t(x)] - box.x, rows[std::size_t(y)] - box.y));
  if (any) return rle_from_crop(target, left, top, size);

  Mask dot(1, 1);
  dot.pixels[0] = 1;
  const auto centre = [](int begin, int length, int from, int to) {
    return int((2 * std::int64_t(begin) + length) * to / (2 * std::int64_t(from)));
  };
  return rle_from_crop(dot, centre(box.x, box.width, rle.width, size.width),
                       centre(box.y, box.height, rle.height, size.height), size);
}

}  // namespace vcl
