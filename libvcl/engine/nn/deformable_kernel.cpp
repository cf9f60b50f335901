// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/deformable_kernel.hpp"

#include <algorithm>
#include <cstring>

#include "libvcl/engine/nn/lanes.hpp"

namespace vcl {
namespace {

constexpr int kCorners = 4;  // of the square of cells around a sample: top left, top right, bottom left, bottom right

VCL_INLINE float sum_of(Lanes x) {
  return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
}

/// All samples of one query and head as whole vectors: the level of each sample, and space for its location and weight.
class HeadSamples {
 public:
  explicit HeadSamples(const SamplingSizes& sizes)
      : count(sizes.samples()), padded((count + kLanes - 1) / kLanes * kLanes) {
    std::int64_t start = 0;
    for (const auto& [height, width] : sizes.levels) {
      heights.insert(heights.end(), std::size_t(sizes.points), float(height));
      widths.insert(widths.end(), std::size_t(sizes.points), float(width));
      starts.insert(starts.end(), std::size_t(sizes.points), int(start));
      start += height * width;
    }
    heights.resize(std::size_t(padded), 1);
    widths.resize(std::size_t(padded), 1);
    starts.resize(std::size_t(padded), 0);
    locations.resize(std::size_t(2 * padded), 0);
    weights.resize(std::size_t(padded), 0);
  }
  /// Reads the samples of the next query.
  VCL_INLINE void read(const float* new_locations, const float* new_weights) {
    std::memcpy(locations.data(), new_locations, std::size_t(2 * count) * sizeof(float));
    std::memcpy(weights.data(), new_weights, std::size_t(count) * sizeof(float));
  }

  const std::int64_t count, padded;
  std::vector<float> heights, widths, locations, weights;
  std::vector<int> starts;
};

/// The two cells along an axis that each sample lies between, and their shares. The share of a cell outside of the
/// level is 0.
struct AxisPlaces {
  IntLanes before, after, has_before, has_after;
  Lanes share_before, share_after;
};

VCL_INLINE AxisPlaces place(Lanes location, Lanes size) {
  const Lanes none = {}, x = location * size - 0.5F;
  const Lanes from_start = x > none - 1 ? x : none - 1;  // NaN is outside, too
  const Lanes inside = from_start < size ? from_start : size;
  const IntLanes cut = __builtin_convertvector(inside, IntLanes), end = __builtin_convertvector(size, IntLanes);
  const IntLanes cell = cut + (__builtin_convertvector(cut, Lanes) > inside);  // a true comparison is -1
  const Lanes share = inside - __builtin_convertvector(cell, Lanes);
  AxisPlaces places;
  places.has_before = (cell >= 0) & (cell < end);
  places.has_after = (cell + 1 < end) & (x > none - 1);
  places.before = cell < 0 ? cell - cell : (cell < end ? cell : end - 1);
  places.after = cell + 1 < end ? cell + 1 : end - 1;
  places.share_before = places.has_before ? 1 - share : none;
  places.share_after = places.has_after ? share : none;
  return places;
}

VCL_INLINE AxisPlaces place_x(const HeadSamples& samples, std::int64_t s) {
  const Lanes a = load(&samples.locations[2 * s]), b = load(&samples.locations[2 * s + kLanes]);
  return place(__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14), load(&samples.widths[s]));
}

VCL_INLINE AxisPlaces place_y(const HeadSamples& samples, std::int64_t s) {
  const Lanes a = load(&samples.locations[2 * s]), b = load(&samples.locations[2 * s + kLanes]);
  return place(__builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15), load(&samples.heights[s]));
}

/// The cells that the samples of one query and head interpolate between, and their weights, which are 0 outside of the
/// level.
struct Corners {
  explicit Corners(const HeadSamples& samples) {
    for (int corner = 0; corner < kCorners; ++corner) {
      cells[corner].resize(std::size_t(samples.padded));
      weights[corner].resize(std::size_t(samples.padded));
    }
  }
  std::vector<int> cells[kCorners];
  std::vector<float> weights[kCorners];
};

VCL_INLINE void find_corners(const HeadSamples& samples, Corners& corners) {
  for (std::int64_t s = 0; s < samples.padded; s += kLanes) {
    const AxisPlaces x = place_x(samples, s), y = place_y(samples, s);
    const IntLanes start = load<IntLanes>(&samples.starts[s]),
                   width = __builtin_convertvector(load(&samples.widths[s]), IntLanes);
    const IntLanes top = start + y.before * width, bottom = start + y.after * width;
    const Lanes weight = load(&samples.weights[s]), above = weight * y.share_before, below = weight * y.share_after;
    store(&corners.cells[0][s], top + x.before);
    store(&corners.cells[1][s], top + x.after);
    store(&corners.cells[2][s], bottom + x.before);
    store(&corners.cells[3][s], bottom + x.after);
    store(&corners.weights[0][s], above * x.share_before);
    store(&corners.weights[1][s], above * x.share_after);
    store(&corners.weights[2][s], below * x.share_before);
    store(&corners.weights[3][s], below * x.share_after);
  }
}

/// Computes kVectors * kLanes channels of the output of one head. It has two chains of sums, because a single chain
/// would wait for its own previous product.
template <int kVectors>
VCL_INLINE void gather(const Corners& corners, std::int64_t count, const float* values, std::int64_t stride,
                       float* output) {
  Lanes upper[kVectors] = {}, lower[kVectors] = {};
  for (std::int64_t s = 0; s < count; ++s) {
    const float *const a = values + corners.cells[0][s] * stride, *const b = values + corners.cells[1][s] * stride,
                       *const c = values + corners.cells[2][s] * stride,
                       *const d = values + corners.cells[3][s] * stride;
    const float wa = corners.weights[0][s], wb = corners.weights[1][s], wc = corners.weights[2][s],
                wd = corners.weights[3][s];
    for (int v = 0; v < kVectors; ++v) {
      upper[v] += wa * load(a + v * kLanes);
      lower[v] += wc * load(c + v * kLanes);
      upper[v] += wb * load(b + v * kLanes);
      lower[v] += wd * load(d + v * kLanes);
    }
  }
  for (int v = 0; v < kVectors; ++v) store(output + v * kLanes, upper[v] + lower[v]);
}

VCL_INLINE float gather_one(const Corners& corners, std::int64_t count, const float* values, std::int64_t stride) {
  float sum = 0;
  for (std::int64_t s = 0; s < count; ++s)
    for (int corner = 0; corner < kCorners; ++corner)
      sum += corners.weights[corner][s] * values[corners.cells[corner][s] * stride];
  return sum;
}

/// Visits one cell of a sample: returns the product of its value and the gradient over the output, and adds to the
/// gradient over the value.
struct CellVisit {
  const float *values, *over_output;
  float* over_values;
  std::int64_t channels;

  VCL_INLINE float operator()(bool is_there, std::int64_t cell, float weight) const {
    if (!is_there) return 0;
    const float* const value = values + cell * channels;
    float* const over_value = over_values + cell * channels;
    Lanes products = {};
    std::int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      const Lanes gradient = load(over_output + c);
      products += load(value + c) * gradient;
      store(over_value + c, load(over_value + c) + weight * gradient);
    }
    float product = sum_of(products);
    for (; c < channels; ++c) {
      product += value[c] * over_output[c];
      over_value[c] += weight * over_output[c];
    }
    return product;
  }
};

VCL_INLINE void sampling_kernel(const SamplingSizes& sizes, std::int64_t head, std::int64_t begin, std::int64_t end,
                                const float* values, const float* locations, const float* weights, float* outputs) {
  const std::int64_t channels = sizes.channels;
  HeadSamples samples(sizes);
  Corners corners(samples);
  for (std::int64_t query = begin; query < end; ++query) {
    const std::int64_t row = query * sizes.heads + head, first = row * samples.count;
    samples.read(locations + 2 * first, weights + first);
    find_corners(samples, corners);
    float* const output = outputs + row * channels;
    std::int64_t c = 0;
    for (; c + 4 * kLanes <= channels; c += 4 * kLanes)
      gather<4>(corners, samples.count, values + c, channels, output + c);
    for (; c + kLanes <= channels; c += kLanes) gather<1>(corners, samples.count, values + c, channels, output + c);
    for (; c < channels; ++c) output[c] = gather_one(corners, samples.count, values + c, channels);
  }
}

VCL_INLINE void gradient_kernel(const SamplingSizes& sizes, std::int64_t head, std::int64_t queries,
                                const float* values, const float* locations, const float* weights,
                                const float* over_outputs, float* over_values, float* over_locations,
                                float* over_weights) {
  HeadSamples samples(sizes);
  for (std::int64_t query = 0; query < queries; ++query) {
    const std::int64_t row = query * sizes.heads + head, first = row * samples.count;
    samples.read(locations + 2 * first, weights + first);
    const CellVisit visit{values, over_outputs + row * sizes.channels, over_values, sizes.channels};
    for (std::int64_t group = 0; group < samples.count; group += kLanes) {
      const AxisPlaces xs = place_x(samples, group), ys = place_y(samples, group);
      for (std::int64_t i = 0; i < std::min(kLanes, samples.count - group); ++i) {
        const std::int64_t s = group + i;
        const float width = samples.widths[s], height = samples.heights[s], weight = samples.weights[s];
        const int top = samples.starts[s] + ys.before[i] * int(width),
                  bottom = samples.starts[s] + ys.after[i] * int(width);
        const float left = xs.share_before[i], right = xs.share_after[i], above = ys.share_before[i],
                    below = ys.share_after[i];
        const float a = visit(ys.has_before[i] && xs.has_before[i], top + xs.before[i], weight * above * left);
        const float b = visit(ys.has_before[i] && xs.has_after[i], top + xs.after[i], weight * above * right);
        const float c = visit(ys.has_after[i] && xs.has_before[i], bottom + xs.before[i], weight * below * left);
        const float d = visit(ys.has_after[i] && xs.has_after[i], bottom + xs.after[i], weight * below * right);
        over_weights[first + s] = above * (left * a + right * b) + below * (left * c + right * d);
        over_locations[2 * (first + s)] = weight * width * (above * (b - a) + below * (d - c));
        over_locations[2 * (first + s) + 1] = weight * height * (left * (c - a) + right * (d - b));
      }
    }
  }
}

}  // namespace

void sample_deformable(const SamplingSizes& sizes, std::int64_t head, std::int64_t begin, std::int64_t end,
                       const float* values, const float* locations, const float* weights, float* outputs,
                       InstructionSet instructions) {
  run_compiled_for<sampling_kernel>(instructions, sizes, head, begin, end, values, locations, weights, outputs);
}

void deformable_gradients(const SamplingSizes& sizes, std::int64_t head, std::int64_t queries, const float* values,
                          const float* locations, const float* weights, const float* over_outputs, float* over_values,
                          float* over_locations, float* over_weights, InstructionSet instructions) {
  run_compiled_for<gradient_kernel>(instructions, sizes, head, queries, values, locations, weights, over_outputs,
                                    over_values, over_locations, over_weights);
}

}  // namespace vcl
