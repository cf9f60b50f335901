// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// For each output sample of an axis: the first input sample that it reads, and its weights, which sum to 1. All
/// outputs have the same number of taps. Taps outside of the filter's support have weight 0.
struct FilterAxis {
  int outputs = 0, taps = 0;
  std::vector<int> first;
  std::vector<float> weights;  // [outputs, taps]
};

/// Makes a triangle filter as wide as the reduction (at least 2 samples), so that nothing aliases. `extent`: the length
/// that the outputs cover, in input samples. It may end inside the last of the `samples`.
FilterAxis triangle_axis(double extent, int samples, int outputs);

/// One plane of bytes: `channels` interleaved samples per pixel.
struct BytePlane {
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< bytes from row to row
  int channels = 1;
  Size samples;
};

/// The destination of a channel: rows of floats, `row_stride` floats apart.
struct ChannelTarget {
  int channel = 0;
  float* out = nullptr;
};

/// Scales a plane and writes the channels of `targets`.
void scale_plane(const BytePlane& plane, const FilterAxis& horizontal, const FilterAxis& vertical,
                 const std::vector<ChannelTarget>& targets, std::ptrdiff_t row_stride);

}  // namespace vcl
