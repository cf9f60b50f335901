// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "vcl/error.hpp"

/// The geometry of the permutohedral lattice and the numbering of its points, shared by its builders for the CPU and
/// the GPU.
namespace vcl {

/// Returns the factor of each feature in the embedding: the standard deviation of the filter in the hyperplane is
/// sqrt(2/3) (D+1). It is rounded to float where the authors' program does, because the weights of corners are
/// differences of large numbers.
template <int D>
std::array<float, D> embedding_scale() {
  std::array<float, D> scale;
  const float deviation = float(std::sqrt(2.0 / 3.0) * (D + 1));
  for (int i = 0; i < D; ++i) scale[std::size_t(i)] = float(1.0 / std::sqrt(double((i + 2) * (i + 1))) * deviation);
  return scale;
}

/// Rounds to the nearest integer, ties to even, for |value| < 2^22, in a form that vectorizes on any processor.
/// constexpr, like everything that GPU code calls, too.
constexpr float round_to_even(float value) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: floats of this size have no fraction
  return (value + kMagic) - kMagic;
}

/// The numbering of lattice points. The first D coordinates, each counted from its smallest possible value, are the
/// digits of a number with mixed radix. A move in the lattice adds a constant to the key.
template <int D>
struct LatticeKeys {
  std::array<std::int64_t, D + 1> step{};  ///< for each coordinate; 0 for the last, which the others imply
  std::int64_t all = 0;                    ///< for all coordinates by one
  std::int64_t origin = 0;                 ///< key of the point 0
  double cells = 1;                        ///< keys lie in [0, cells)
};

/// Makes the keys for features in [0, largest]. Throws Error(Invalid) if they span more cells than 64-bit keys can
/// number.
template <int D>
LatticeKeys<D> make_lattice_keys(const std::array<float, D>& largest) {
  const std::array<float, D> scale = embedding_scale<D>();
  // Rounding, the corners of a simplex and the neighbors of a vertex move each coordinate by at most D+1.
  constexpr double kMargin = 3 * (D + 1) + 1;
  LatticeKeys<D> keys;
  double above = 0;  // largest sum of the scaled features after the coordinate
  for (std::size_t i = D; i-- > 0;) above += double(largest[i]) * scale[i];
  for (std::size_t i = 0; i < D; ++i) {
    const double below = i == 0 ? 0 : double(i) * largest[i - 1] * scale[i - 1];
    const double low = std::floor(-below - kMargin), high = std::ceil(above + kMargin);
    keys.step[i] = std::int64_t(keys.cells);
    keys.cells *= high - low + 1;
    // Beyond 2^20 the fraction of a float is too coarse to locate a point in its simplex.
    if (!(high - low < double(1 << 20)) || !(keys.cells < 4e18)) {
      throw Error(ErrorKind::Invalid,
                  "the image spans too many standard deviations of the CRF's kernels: use larger ones");
    }
    keys.all += keys.step[i];
    keys.origin -= std::int64_t(low) * keys.step[i];
    above -= double(largest[i]) * scale[i];
  }
  return keys;
}

}  // namespace vcl
