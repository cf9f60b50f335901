// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>

#include "libvcl/crf/crf_lattices.hpp"
#include "libvcl/crf/logistic.hpp"
#include "libvcl/cuda/lattice_filter.hpp"

/// The dense CRF of libvcl/crf as loops over independent bodies. See libvcl/crf/mean_field.hpp for the mathematics.
namespace vcl {

struct PositionFeatures {
  std::size_t width;
  float deviation;
  VCL_HOST_DEVICE void operator()(std::size_t pixel, float (&features)[2]) const {
    features[0] = float(pixel % width) / deviation;
    features[1] = float(pixel / width) / deviation;
  }
};

struct AppearanceFeatures {
  const std::uint8_t* rgb;
  std::size_t width;
  float deviation, color_deviation;
  VCL_HOST_DEVICE void operator()(std::size_t pixel, float (&features)[5]) const {
    features[0] = float(pixel % width) / deviation;
    features[1] = float(pixel / width) / deviation;
    for (int c = 0; c < 3; ++c) features[2 + c] = float(rgb[3 * pixel + c]) / color_deviation;
  }
};

struct FillOnes {
  float* values;
  VCL_HOST_DEVICE void operator()(std::size_t i) const { values[i] = 1; }
};

template <int D>
struct TakeFactors {
  Slice<D, float> slice;
  float* factors;
  VCL_HOST_DEVICE void operator()(std::size_t point) const {
    factors[point] = 1.0f / std::sqrt(FlatLattice<D>::kAlpha * slice(point) + kLeastSum);
  }
};

template <int D>
struct ScaleWeights {
  const float* factors;
  typename FlatLattice<D>::Corner* corners;
  typename FlatLattice<D>::Member* members;
  VCL_HOST_DEVICE void operator()(std::size_t i) const {
    corners[i].weight *= factors[i / FlatLattice<D>::kCorners];
    members[i].weight *= factors[members[i].point];
  }
};

/// Symmetric normalization, as in libvcl/crf.
template <int D, typename Loops>
void normalise(Loops& loops, FlatLattice<D>& lattice) {
  Array<float> factors(loops.memory, lattice.points);
  FilterValues<D, float> values(loops, lattice);
  loops.for_each(lattice.points, FillOnes{factors.data()});
  splat_and_blur(loops, lattice, factors.data(), values);
  loops.for_each(lattice.points, TakeFactors<D>{{lattice.corners.data(), values.current.data()}, factors.data()});
  loops.for_each(lattice.points * FlatLattice<D>::kCorners,
                 ScaleWeights<D>{factors.data(), lattice.corners.data(), lattice.members.data()});
}

/// Computes the biases of up to four masks, and the initial field that they give.
struct StartField {
  const std::uint8_t* masks;
  std::size_t pixels;
  int count;
  Four *bias, *field;
  VCL_HOST_DEVICE void operator()(std::size_t pixel) const {
    const auto lane = [this, pixel](int m) { return m < count ? mask_bias(masks[m * pixels + pixel]) : 0.0f; };
    const Four start{lane(0), lane(1), lane(2), lane(3)};
    bias[pixel] = start;
    field[pixel] = {tanh_half(start.x), tanh_half(start.y), tanh_half(start.z), tanh_half(start.w)};
  }
};

struct UpdateField {
  const Four* bias;
  Slice<2, Four> position;
  Slice<5, Four> appearance;
  float position_weight, appearance_weight;
  Four* field;
  VCL_HOST_DEVICE void operator()(std::size_t pixel) const {
    const Four logit = bias[pixel] + position(pixel) * position_weight + appearance(pixel) * appearance_weight;
    field[pixel] = {tanh_half(logit.x), tanh_half(logit.y), tanh_half(logit.z), tanh_half(logit.w)};
  }
};

struct WriteField {
  const Four* field;
  std::size_t pixels;
  int count;
  float* out;
  VCL_HOST_DEVICE void operator()(std::size_t pixel) const {
    const Four value = field[pixel];
    out[pixel] = value.x;
    if (count > 1) out[pixels + pixel] = value.y;
    if (count > 2) out[2 * pixels + pixel] = value.z;
    if (count > 3) out[3 * pixels + pixel] = value.w;
  }
};

/// Runs the mean field of all masks of the task, four at a time on the same lattices.
template <typename Loops>
void infer_crf(Loops& loops, const CrfTask& task) {
  const CrfSettings& settings = task.settings;
  const std::size_t width = std::size_t(task.size.width), pixels = width * std::size_t(task.size.height);
  auto position = build_lattice<2>(loops, pixels, position_range(task.size, settings.position_deviation),
                                   PositionFeatures{width, settings.position_deviation});
  auto appearance = build_lattice<5>(
      loops, pixels, appearance_range(task.size, settings.appearance_deviation, settings.color_deviation),
      AppearanceFeatures{task.rgb, width, settings.appearance_deviation, settings.color_deviation});
  normalise(loops, position);
  normalise(loops, appearance);

  Array<Four> bias(loops.memory, pixels), field(loops.memory, pixels);
  FilterValues<2, Four> near(loops, position);
  FilterValues<5, Four> alike(loops, appearance);
  for (int first = 0; first < task.count; first += 4) {
    const int count = task.count - first < 4 ? task.count - first : 4;
    loops.for_each(pixels,
                   StartField{task.masks + std::size_t(first) * pixels, pixels, count, bias.data(), field.data()});
    for (int step = 0; step < settings.iterations; ++step) {
      splat_and_blur(loops, position, field.data(), near);
      splat_and_blur(loops, appearance, field.data(), alike);
      loops.for_each(pixels, UpdateField{bias.data(),
                                         {position.corners.data(), near.current.data()},
                                         {appearance.corners.data(), alike.current.data()},
                                         settings.position_weight * position.kAlpha,
                                         settings.appearance_weight * appearance.kAlpha,
                                         field.data()});
    }
    loops.for_each(pixels, WriteField{field.data(), pixels, count, task.field + std::size_t(first) * pixels});
  }
}

}  // namespace vcl
