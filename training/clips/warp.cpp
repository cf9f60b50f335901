// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/warp.hpp"

#include <algorithm>
#include <cmath>

namespace vcl::train {
namespace {

int reflect(int i, int n) {
  if (i < 0) i = -1 - i;
  if (i >= n) i = 2 * n - 1 - i;
  return std::clamp(i, 0, n - 1);  // farther outside: the last reflected pixel
}

// Writes the bilinear value at a continuous point.
template <int Channels>
void sample(const std::uint8_t* pixels, Size size, double x, double y, float* out) {
  const double fx = std::floor(x - 0.5), fy = std::floor(y - 0.5);
  const float ax = float(x - 0.5 - fx), ay = float(y - 0.5 - fy);
  const int left = reflect(int(fx), size.width), right = reflect(int(fx) + 1, size.width);
  const int top = reflect(int(fy), size.height), bottom = reflect(int(fy) + 1, size.height);
  const std::uint8_t* a = pixels + (std::size_t(top) * size.width + left) * Channels;
  const std::uint8_t* b = pixels + (std::size_t(top) * size.width + right) * Channels;
  const std::uint8_t* c = pixels + (std::size_t(bottom) * size.width + left) * Channels;
  const std::uint8_t* d = pixels + (std::size_t(bottom) * size.width + right) * Channels;
  const float wa = (1 - ax) * (1 - ay), wb = ax * (1 - ay), wc = (1 - ax) * ay, wd = ax * ay;
  for (int k = 0; k < Channels; ++k) out[k] = wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
}

}  // namespace

double Affine::scale() const {
  return std::sqrt(std::abs(xx * yy - xy * yx));
}

Affine affine_of(const Pose& pose, double canvas_x, double canvas_y) {
  const double c = std::cos(pose.angle), s = std::sin(pose.angle);
  Affine map{c * pose.scale_x, -s * pose.scale_y, 0, s * pose.scale_x, c * pose.scale_y, 0};
  map.x0 = pose.centre_x - map.xx * canvas_x - map.xy * canvas_y;
  map.y0 = pose.centre_y - map.yx * canvas_x - map.yy * canvas_y;
  return map;
}

Affine compose(const Affine& outer, const Affine& inner) {
  return {outer.xx * inner.xx + outer.xy * inner.yx,
          outer.xx * inner.xy + outer.xy * inner.yy,
          outer.x(inner.x0, inner.y0),  //
          outer.yx * inner.xx + outer.yy * inner.yx,
          outer.yx * inner.xy + outer.yy * inner.yy,
          outer.y(inner.x0, inner.y0)};
}

Affine inverse(const Affine& map) {
  const double determinant = map.xx * map.yy - map.xy * map.yx;
  Affine back{map.yy / determinant, -map.xy / determinant, 0, -map.yx / determinant, map.xx / determinant, 0};
  back.x0 = -back.xx * map.x0 - back.xy * map.y0;
  back.y0 = -back.yx * map.x0 - back.yy * map.y0;
  return back;
}

Affine moved(const Affine& map, double x, double y) {
  Affine result = map;
  result.x0 -= map.xx * x + map.xy * y;
  result.y0 -= map.yx * x + map.yy * y;
  return result;
}

Extent extent_of(const Box& box, const Affine& map) {
  Extent extent{HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
  for (const double y : {double(box.y), double(box.y) + box.height})
    for (const double x : {double(box.x), double(box.x) + box.width}) {
      const double at_x = map.x(x, y), at_y = map.y(x, y);
      extent = {std::min(extent.left, at_x), std::min(extent.top, at_y), std::max(extent.right, at_x),
                std::max(extent.bottom, at_y)};
    }
  return extent;
}

int samples_for(const Affine& map) {
  return std::clamp(int(std::lround(map.scale())), 1, 3);
}

template <int Channels>
void sample_area(const std::uint8_t* pixels, Size size, const Affine& map, int cx, int cy, int samples, float* out) {
  float sum[Channels] = {};
  for (int j = 0; j < samples; ++j)
    for (int i = 0; i < samples; ++i) {
      const double x = cx + (i + 0.5) / samples, y = cy + (j + 0.5) / samples;
      float value[Channels];
      sample<Channels>(pixels, size, map.x(x, y), map.y(x, y), value);
      for (int k = 0; k < Channels; ++k) sum[k] += value[k];
    }
  for (int k = 0; k < Channels; ++k) out[k] = sum[k] / float(samples * samples);
}

template void sample_area<1>(const std::uint8_t*, Size, const Affine&, int, int, int, float*);
template void sample_area<3>(const std::uint8_t*, Size, const Affine&, int, int, int, float*);

std::uint8_t sample_label(const std::uint8_t* labels, Size size, const Affine& map, int cx, int cy, bool reflected) {
  int x = int(std::floor(map.x(cx + 0.5, cy + 0.5))), y = int(std::floor(map.y(cx + 0.5, cy + 0.5)));
  if (reflected) {
    x = reflect(x, size.width);
    y = reflect(y, size.height);
  } else if (x < 0 || y < 0 || x >= size.width || y >= size.height) {
    return 0;
  }
  return labels[std::size_t(y) * size.width + x];
}

}  // namespace vcl::train
