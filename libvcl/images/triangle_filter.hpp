// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// For each output sample of one axis: the first input sample that it reads and its weights, which sum to 1.
/// All have the same number of taps; those past the filter's support weigh 0.
struct FilterAxis {
  int outputs = 0, taps = 0;
  std::vector<int> first;
  std::vector<float> weights;  // [outputs, taps]
};

/// A triangle as wide as the reduction (at least 2 samples), so that nothing aliases. `extent`: the
/// length that the outputs cover, in input samples; it may end inside the last of the `samples`.
FilterAxis triangle_axis(double extent, int samples, int outputs);

/// One plane of bytes: `channels` interleaved samples a pixel.
struct BytePlane {
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< bytes from row to row
  int channels = 1;
  Size samples;
};

/// Where a channel goes: rows of floats, `row_stride` floats apart.
struct ChannelTarget {
  int channel = 0;
  float* out = nullptr;
};

/// Filters a plane and writes the asked channels.
void scale_plane(const BytePlane& plane, const FilterAxis& horizontal, const FilterAxis& vertical,
                 const std::vector<ChannelTarget>& targets, std::ptrdiff_t row_stride);

}  // namespace vcl
