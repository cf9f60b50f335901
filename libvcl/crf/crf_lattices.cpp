// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/crf/crf_lattices.hpp"

#include <cmath>

#include "libvcl/crf/lattice_filter.hpp"

namespace vcl {

namespace {

/// Calls set(i, x, y) for the i-th of `count` pixels, starting at pixel `first`.
template <typename Set>
void walk_pixels(Size size, std::size_t first, std::size_t count, Set set) {
  const auto width = std::size_t(size.width);
  std::size_t x = first % width, y = first / width;
  for (std::size_t i = 0; i < count; ++i) {
    set(i, float(x), float(y));
    if (++x == width) x = 0, ++y;
  }
}

std::size_t pixels(Size size) {
  return std::size_t(size.width) * std::size_t(size.height);
}

}  // namespace

PermutohedralLattice<2> position_lattice(Size size, float deviation, ThreadTeam& team) {
  const auto features = [&](std::size_t first, std::size_t count, auto& block) {
    walk_pixels(size, first, count, [&](std::size_t i, float x, float y) {
      block[0][i] = x / deviation;
      block[1][i] = y / deviation;
    });
  };
  return {pixels(size), position_range(size, deviation), features, team};
}

PermutohedralLattice<5> appearance_lattice(const std::uint8_t* rgb, Size size, float deviation, float color_deviation,
                                           ThreadTeam& team) {
  const auto features = [&](std::size_t first, std::size_t count, auto& block) {
    walk_pixels(size, first, count, [&](std::size_t i, float x, float y) {
      block[0][i] = x / deviation;
      block[1][i] = y / deviation;
      for (std::size_t c = 0; c < 3; ++c) block[2 + c][i] = float(rgb[3 * (first + i) + c]) / color_deviation;
    });
  };
  return {pixels(size), appearance_range(size, deviation, color_deviation), features, team};
}

template <int D>
void normalise(PermutohedralLattice<D>& lattice, ThreadTeam& team) {
  std::vector<float> factors(lattice.points(), 1.0f);
  VertexValues<1> values(lattice.vertices());
  splat<1>(lattice, factors.data(), values, team);
  blur<1>(lattice, values, team);
  for (std::size_t p = 0; p < factors.size(); ++p) {
    const float sum = lattice.kAlpha * slice<1>(lattice, values.current.data(), p);
    factors[p] = 1.0f / std::sqrt(sum + kLeastSum);
  }
  lattice.scale(factors, team);
}

template void normalise<2>(PermutohedralLattice<2>&, ThreadTeam&);
template void normalise<5>(PermutohedralLattice<5>&, ThreadTeam&);

}  // namespace vcl
