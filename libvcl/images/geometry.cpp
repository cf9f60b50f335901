// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "vcl/error.hpp"

namespace vcl {

namespace {

/// Returns the size of the source on a canvas, scaled evenly.
Size content_of(Size source, Size canvas) {
  const double scale = std::min(double(canvas.width) / source.width, double(canvas.height) / source.height);
  const auto side = [&](int length, int most) {
    return int(std::clamp(std::round(length * scale), 1.0, double(most)));
  };
  return {side(source.width, canvas.width), side(source.height, canvas.height)};
}

std::int64_t area(Size size) {
  return std::int64_t(size.width) * size.height;
}

/// Returns the lowest canvas of this width on which the source covers as much as on the highest, which has `rows`
/// strides.
Size lowest_canvas(Size source, int width, int stride, std::int64_t rows) {
  const auto canvas = [&](std::int64_t n) { return Size{width, int(n * stride)}; };
  const std::int64_t most = area(content_of(source, canvas(rows)));
  std::int64_t low = 1, high = rows;  // the covered area never shrinks as the canvas grows
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (area(content_of(source, canvas(middle))) == most) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return canvas(low);
}

}  // namespace

double box_iou(const Box& a, const Box& b) {
  const auto overlap = [](std::int64_t p, std::int64_t p_length, std::int64_t q, std::int64_t q_length) {
    return std::max<std::int64_t>(0, std::min(p + p_length, q + q_length) - std::max(p, q));
  };
  const double both = double(overlap(a.x, a.width, b.x, b.width)) * double(overlap(a.y, a.height, b.y, b.height));
  const double whole = double(a.width) * a.height + double(b.width) * b.height - both;
  return whole > 0 ? both / whole : 0.0;
}

Letterbox letterbox_fit(Size source, std::int64_t pixels, int stride) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorKind::Invalid, "cannot place a frame: " + why); };
  if (source.width < 1 || source.height < 1) refuse("it is empty");
  if (stride < 1) refuse("the stride is below 1");
  if (pixels > kMaxCanvasPixels) refuse("the canvas may not have more than 2^26 pixels");
  if (pixels < std::int64_t(stride) * stride) refuse("the canvas has fewer pixels than one cell of the stride");

  Letterbox best{source, {}, {}};
  const auto better = [&](Size content, Size canvas) {
    if (area(content) != area(best.content)) return area(content) > area(best.content);
    if (area(canvas) != area(best.canvas)) return area(canvas) < area(best.canvas);
    return canvas.width > best.canvas.width;
  };
  const std::int64_t widest = pixels / stride;
  for (std::int64_t width = stride; width <= widest; width += stride) {
    const std::int64_t rows = pixels / width / stride;
    const Size highest{int(width), int(rows * stride)};
    if (area(content_of(source, highest)) < area(best.content)) continue;
    const Size canvas = lowest_canvas(source, int(width), stride, rows);
    const Size content = content_of(source, canvas);
    if (better(content, canvas)) best = {source, content, canvas};
  }
  return best;
}

}  // namespace vcl
