// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>
#include <vector>

#include "libvcl/crf/lanes.hpp"
#include "libvcl/crf/permutohedral_lattice.hpp"

/// The three steps of the lattice filter for kLanes channels at once. Each value is summed in a fixed order, so results
/// depend neither on the number of threads nor on the number of lanes.
namespace vcl {

/// Values on the vertices of a lattice. Vertex 0 stays 0.
template <int kLanes>
struct VertexValues {
  explicit VertexValues(std::size_t vertices) : current(vertices + 1), spare(vertices + 1) {}
  std::vector<Lanes<kLanes>> current, spare;
};

constexpr std::size_t kVertexGrain = 2048;

/// Each vertex gathers from its members, instead of points scattering to vertices, so threads need no locks.
template <int kLanes, int D>
void splat(const PermutohedralLattice<D>& lattice, const Lanes<kLanes>* points, VertexValues<kLanes>& values,
           ThreadTeam& team) {
  Lanes<kLanes>* const out = values.current.data();
  team.run(lattice.vertices(), kVertexGrain, [&lattice, points, out](std::size_t begin, std::size_t end) {
    for (std::size_t v = begin + 1; v <= end; ++v) {
      Lanes<kLanes> sum{};
      const auto* const last = lattice.members_end(v);
      for (const auto* member = lattice.members_begin(v); member != last; ++member)
        sum += points[member->point] * member->weight;
      out[v] = sum;
    }
  });
}

template <int kLanes, int D>
void blur(const PermutohedralLattice<D>& lattice, VertexValues<kLanes>& values, ThreadTeam& team) {
  for (int direction = 0; direction <= D; ++direction) {
    const auto* const neighbours = lattice.neighbours(direction);
    const Lanes<kLanes>* const in = values.current.data();
    Lanes<kLanes>* const out = values.spare.data();
    team.run(lattice.vertices(), kVertexGrain, [neighbours, in, out](std::size_t begin, std::size_t end) {
      for (std::size_t v = begin + 1; v <= end; ++v)
        out[v] = in[v] + (in[neighbours[v].before] + in[neighbours[v].after]) * 0.5f;
    });
    std::swap(values.current, values.spare);
  }
}

/// Returns the value at one point, without the factor kAlpha.
template <int kLanes, int D>
inline Lanes<kLanes> slice(const PermutohedralLattice<D>& lattice, const Lanes<kLanes>* values, std::size_t point) {
  const auto* const corners = lattice.corners(point);
  Lanes<kLanes> sum = values[corners[0].vertex] * corners[0].weight;
  for (int r = 1; r <= D; ++r) sum += values[corners[r].vertex] * corners[r].weight;
  return sum;
}

}  // namespace vcl
