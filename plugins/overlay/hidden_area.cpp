// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/hidden_area.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

// Distance to the latest set pixel if there is none yet. It is larger than any margin.
constexpr int kNeverSet = 1 << 30;

std::size_t index(int x, int y, int width) {
  return std::size_t(y) * std::size_t(width) + std::size_t(x);
}

int even_down(int value) {
  return value & ~1;
}

vcl::Box box_around(const vcl::Box& box, vcl::Size frame, int margin) {
  const auto end = [margin](int last, int most) {
    return std::min(most, even_down(std::min(most, last + margin) + 1));
  };
  const int left = even_down(std::max(0, box.x - margin)), top = even_down(std::max(0, box.y - margin));
  return {left, top, end(box.x + box.width, frame.width) - left, end(box.y + box.height, frame.height) - top};
}

// Spreads one row of a mask by the margin. `from` begins `offset` columns to the right of `to`.
void spread_row(const guint8* from, int count, int offset, guint8* to, int width, int margin) {
  const auto visit = [&](int x, int& distance) {
    const int source = x - offset;
    distance = source >= 0 && source < count && from[source] ? 0 : distance + 1;
    if (distance <= margin) to[x] = 255;
  };
  for (int x = 0, distance = kNeverSet; x < width; ++x) visit(x, distance);
  for (int x = width - 1, distance = kNeverSet; x >= 0; --x) visit(x, distance);
}

void join_pairs(guint8* row, int width) {
  for (int x = 0; x + 1 < width; x += 2) row[x] = row[x + 1] = row[x] | row[x + 1];
}

void join_rows(std::vector<guint8>& inside, int width, int height) {
  for (int y = 0; y + 1 < height; y += 2) {
    guint8 *upper = &inside[index(0, y, width)], *lower = &inside[index(0, y + 1, width)];
    for (int x = 0; x < width; ++x) upper[x] = lower[x] = upper[x] | lower[x];
  }
}

}  // namespace

HiddenArea area_around(const guint8* mask, const vcl::Box& box, vcl::Size frame, int margin) {
  HiddenArea area{box_around(box, frame, margin), {}};
  const int width = area.box.width, height = area.box.height, top = box.y - area.box.y;
  std::vector<guint8> rows(index(0, height, width));
  for (int y = 0; y < box.height; ++y) {
    guint8* row = &rows[index(0, y + top, width)];
    spread_row(mask + index(0, y, box.width), box.width, box.x - area.box.x, row, width, margin);
    join_pairs(row, width);
  }
  area.inside.resize(rows.size());
  std::vector<int> distance(std::size_t(width), kNeverSet);
  const auto visit = [&](int y) {
    const guint8* row = &rows[index(0, y, width)];
    guint8* result = &area.inside[index(0, y, width)];
    for (int x = 0; x < width; ++x) {
      int& since = distance[std::size_t(x)];
      since = row[x] ? 0 : since + 1;
      result[x] = since <= margin ? 255 : result[x];
    }
  };
  for (int y = 0; y < height; ++y) visit(y);
  std::ranges::fill(distance, kNeverSet);
  for (int y = height - 1; y >= 0; --y) visit(y);
  join_rows(area.inside, width, height);
  return area;
}

HiddenArea whole_frame(vcl::Size frame) {
  return {{0, 0, frame.width, frame.height}, std::vector<guint8>(index(0, frame.height, frame.width), 255)};
}

}  // namespace gstvcl
