// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>

#include "libvcl/cuda/array.hpp"

/// Deformable sampling (method.md 5.3), forward and backward, with the arithmetic of engine/nn/deformable_kernel.
namespace vcl {

/// The two cells along an axis that a sample lies between, and its shares. The share of a cell outside of the level is
/// 0.
struct AxisPlace {
  int before;  ///< -1 to size - 1
  float share_before, share_after;
  bool has_before, has_after;
};

VCL_HOST_DEVICE inline AxisPlace place_on_axis(float location, int size) {
  const float x = location * float(size) - 0.5f;
  if (!(x > -1 && x < float(size))) return {0, 0, 0, false, false};  // NaN is outside, too
  const int cell = int(std::floor(x));
  const float share = x - float(cell);
  const bool has_before = cell >= 0, has_after = cell + 1 < size;
  return {cell, has_before ? 1 - share : 0, has_after ? share : 0, has_before, has_after};
}

/// The location of one sample of a query and head, and the values of its level.
struct SamplePlace {
  const float* level;  ///< the head's values of the level, [cells, channels]
  std::size_t first;   ///< index in the values of the task of the level's first value
  AxisPlace x, y;
  int width;
};

/// Locates samples. `head_query` is an index into [images, queries, heads], `sample` into [levels, points].
struct SampleFinder {
  SamplingTask task;

  VCL_HOST_DEVICE std::size_t samples() const { return std::size_t(task.level_count) * std::size_t(task.points); }
  VCL_HOST_DEVICE SamplePlace operator()(std::size_t head_query, std::size_t sample) const {
    const std::size_t heads = std::size_t(task.heads), head = head_query % heads;
    const std::size_t image = head_query / heads / std::size_t(task.queries);
    const SamplingLevel& level = task.levels[sample / std::size_t(task.points)];
    const float* location = task.locations + 2 * (head_query * samples() + sample);
    const std::size_t first =
        ((image * heads + head) * std::size_t(task.cells) + std::size_t(level.first)) * std::size_t(task.channels);
    return {task.values + first, first, place_on_axis(location[0], level.width),
            place_on_axis(location[1], level.height), level.width};
  }
};

/// Calls visit(cell of the level, share of x, share of y, whether the cell is the one after in x, in y) for each cell
/// inside the level.
template <typename Visit>
VCL_HOST_DEVICE inline void visit_cells(const SamplePlace& place, const Visit& visit) {
  for (int below = 0; below < 2; ++below) {
    if (!(below ? place.y.has_after : place.y.has_before)) continue;
    for (int right = 0; right < 2; ++right) {
      if (!(right ? place.x.has_after : place.x.has_before)) continue;
      visit(std::size_t(place.y.before + below) * std::size_t(place.width) + std::size_t(place.x.before + right),
            right ? place.x.share_after : place.x.share_before, below ? place.y.share_after : place.y.share_before,
            right != 0, below != 0);
    }
  }
}

/// Computes one channel of one query and head.
struct SampleChannel {
  SampleFinder find;
  float* outputs;  ///< [images, queries, heads, channels]
  VCL_HOST_DEVICE void operator()(std::size_t at) const {
    const std::size_t channels = std::size_t(find.task.channels), head_query = at / channels, channel = at % channels;
    float sum = 0;
    for (std::size_t s = 0; s < find.samples(); ++s) {
      const SamplePlace place = find(head_query, s);
      const float weight = find.task.weights[head_query * find.samples() + s];
      visit_cells(place, [&](std::size_t cell, float share_x, float share_y, bool, bool) {
        sum += weight * share_y * share_x * place.level[cell * channels + channel];
      });
    }
    outputs[at] = sum;
  }
};

/// Adds to a sum that several threads may add to at once.
VCL_HOST_DEVICE inline void add_to(float* sum, float value) {
#ifdef __CUDA_ARCH__
  atomicAdd(sum, value);
#else
  *sum += value;
#endif
}

/// Adds the gradient over the values that one channel of a query and head was made from.
struct SpreadGradient {
  SampleFinder find;
  const float* over_outputs;
  float* over_values;
  VCL_HOST_DEVICE void operator()(std::size_t at) const {
    const std::size_t channels = std::size_t(find.task.channels), head_query = at / channels, channel = at % channels;
    for (std::size_t s = 0; s < find.samples(); ++s) {
      const SamplePlace place = find(head_query, s);
      const float slope = find.task.weights[head_query * find.samples() + s] * over_outputs[at];
      visit_cells(place, [&](std::size_t cell, float share_x, float share_y, bool, bool) {
        add_to(over_values + place.first + cell * channels + channel, slope * share_y * share_x);
      });
    }
  }
};

/// Sets the gradient over the location and weight of one sample.
struct SampleGradient {
  SampleFinder find;
  const float* over_outputs;
  float *over_locations, *over_weights;
  VCL_HOST_DEVICE void operator()(std::size_t at) const {
    const std::size_t channels = std::size_t(find.task.channels), head_query = at / find.samples();
    const SamplePlace place = find(head_query, at % find.samples());
    const SamplingLevel& level = find.task.levels[at % find.samples() / std::size_t(find.task.points)];
    const float* over = over_outputs + head_query * channels;
    float value = 0, slope_x = 0, slope_y = 0;
    visit_cells(place, [&](std::size_t cell, float share_x, float share_y, bool right, bool below) {
      float product = 0;
      for (std::size_t c = 0; c < channels; ++c) product += over[c] * place.level[cell * channels + c];
      value += share_y * share_x * product;
      slope_x += (right ? share_y : -share_y) * product;
      slope_y += (below ? share_x : -share_x) * product;
    });
    const float weight = find.task.weights[at];
    over_weights[at] = value;
    over_locations[2 * at] = weight * slope_x * float(level.width);
    over_locations[2 * at + 1] = weight * slope_y * float(level.height);
  }
};

template <typename Loops>
void sample_deformable(Loops& loops, const SamplingTask& task, float* outputs) {
  loops.for_each(task.head_queries() * std::size_t(task.channels), SampleChannel{{task}, outputs});
}

template <typename Loops>
void deformable_gradients(Loops& loops, const SamplingTask& task, const float* over_outputs,
                          const SamplingGradients& over) {
  const SampleFinder find{task};
  loops.for_each(task.head_queries() * std::size_t(task.channels), SpreadGradient{find, over_outputs, over.values});
  loops.for_each(task.head_queries() * find.samples(),
                 SampleGradient{find, over_outputs, over.locations, over.weights});
}

}  // namespace vcl
