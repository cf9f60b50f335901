// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/images/triangle_filter.hpp"

#include <algorithm>
#include <cmath>

namespace vcl {

FilterAxis triangle_axis(double extent, int samples, int outputs) {
  const double scale = extent / outputs;
  const double support = std::max(scale, 1.0);
  FilterAxis axis;
  axis.outputs = outputs;
  axis.taps = std::min(samples, int(std::ceil(2 * support)) + 1);
  axis.first.resize(std::size_t(outputs));
  axis.weights.resize(std::size_t(outputs) * axis.taps);
  for (int i = 0; i < outputs; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::clamp(int(std::floor(center - support + 0.5)), 0, samples - axis.taps);
    float* weights = &axis.weights[std::size_t(i) * axis.taps];
    double sum = 0;
    const auto weight = [&](int tap) { return std::max(0.0, 1 - std::abs(first + tap + 0.5 - center) / support); };
    for (int tap = 0; tap < axis.taps; ++tap) sum += weight(tap);
    for (int tap = 0; tap < axis.taps; ++tap) weights[tap] = float(weight(tap) / sum);
    axis.first[std::size_t(i)] = first;
  }
  return axis;
}

namespace {

/// Sets `sums` to the weighted sum of rows, four at a time: fewer passes over `sums`, and the compiler can vectorize
/// the loops.
void sum_rows(const BytePlane& plane, int first, const float* weights, int taps, std::vector<float>& sums) {
  const auto row = [&](int tap) { return plane.data + (std::ptrdiff_t(first) + tap) * plane.stride; };
  float* const __restrict out = sums.data();
  const std::size_t length = sums.size();
  std::ranges::fill(sums, 0.0f);
  int tap = 0;
  for (; tap + 4 <= taps; tap += 4) {
    const std::uint8_t *a = row(tap), *b = row(tap + 1), *c = row(tap + 2), *d = row(tap + 3);
    const float wa = weights[tap], wb = weights[tap + 1], wc = weights[tap + 2], wd = weights[tap + 3];
    for (std::size_t x = 0; x < length; ++x) out[x] += (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x]);
  }
  for (; tap < taps; ++tap) {
    const std::uint8_t* a = row(tap);
    for (std::size_t x = 0; x < length; ++x) out[x] += weights[tap] * a[x];
  }
}

/// Writes one output row of one channel.
void filter_row(const std::vector<float>& row, int channels, int channel, const FilterAxis& axis, float* out) {
  for (int x = 0; x < axis.outputs; ++x) {
    const float* in = row.data() + std::size_t(axis.first[std::size_t(x)]) * channels + channel;
    const float* weights = &axis.weights[std::size_t(x) * axis.taps];
    float sum = 0;
    for (int tap = 0; tap < axis.taps; ++tap) sum += weights[tap] * in[std::ptrdiff_t(tap) * channels];
    out[x] = sum;
  }
}

}  // namespace

void scale_plane(const BytePlane& plane, const FilterAxis& horizontal, const FilterAxis& vertical,
                 const std::vector<ChannelTarget>& targets, std::ptrdiff_t row_stride) {
  std::vector<float> row(std::size_t(plane.samples.width) * plane.channels);
  for (int y = 0; y < vertical.outputs; ++y) {
    const float* weights = &vertical.weights[std::size_t(y) * vertical.taps];
    sum_rows(plane, vertical.first[std::size_t(y)], weights, vertical.taps, row);
    for (const ChannelTarget& target : targets) {
      filter_row(row, plane.channels, target.channel, horizontal, target.out + y * row_stride);
    }
  }
}

}  // namespace vcl
