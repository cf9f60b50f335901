// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/cuda/lattice.hpp"

/// The filter of a flat lattice: splat, blur, slice. Each value is summed in a fixed order.
namespace vcl {

/// The values of four masks side by side, so that indices and weights, most of the memory traffic, are read only once.
struct alignas(16) Four {
  float x, y, z, w;
};
VCL_HOST_DEVICE inline Four operator+(const Four& a, const Four& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}
VCL_HOST_DEVICE inline Four operator*(const Four& a, float b) {
  return {a.x * b, a.y * b, a.z * b, a.w * b};
}

/// Sums one piece of a vertex's members.
template <int D, typename Value>
struct SumPieces {
  const typename FlatLattice<D>::Member* members;
  const std::uint32_t* piece_begin;
  const Value* points;
  Value* pieces;
  VCL_HOST_DEVICE void operator()(std::size_t piece) const {
    Value sum{};
    for (std::uint32_t m = piece_begin[piece]; m < piece_begin[piece + 1]; ++m)
      sum = sum + points[members[m].point] * members[m].weight;
    pieces[piece] = sum;
  }
};

/// Sums the pieces of each vertex. Vertex 0 becomes 0.
template <typename Value>
struct JoinPieces {
  const std::uint32_t* piece_end;
  const Value* pieces;
  Value* vertices;
  VCL_HOST_DEVICE void operator()(std::size_t v) const {
    Value sum{};
    for (std::uint32_t p = v == 0 ? 0 : piece_end[v - 1]; v != 0 && p < piece_end[v]; ++p) sum = sum + pieces[p];
    vertices[v] = sum;
  }
};

/// Blurs along one direction. Vertex 0 has no neighbors and stays 0.
template <int D, typename Value>
struct BlurVertices {
  const typename FlatLattice<D>::Neighbours* neighbours;
  const Value* in;
  Value* out;
  VCL_HOST_DEVICE void operator()(std::size_t v) const {
    out[v] = in[v] + (in[neighbours[v].before] + in[neighbours[v].after]) * 0.5f;
  }
};

/// The scratch arrays of a lattice's filter, and its result.
template <int D, typename Value>
struct FilterValues {
  template <typename Loops>
  FilterValues(Loops& loops, const FlatLattice<D>& lattice)
      : pieces(loops.memory, lattice.pieces),
        current(loops.memory, std::size_t(lattice.vertices) + 1),
        spare(loops.memory, std::size_t(lattice.vertices) + 1) {}
  Array<Value> pieces, current, spare;
};

/// Splats the values of the points and blurs them. Then values.current can be sliced.
template <int D, typename Value, typename Loops>
void splat_and_blur(Loops& loops, const FlatLattice<D>& lattice, const Value* points, FilterValues<D, Value>& values) {
  const std::size_t all = std::size_t(lattice.vertices) + 1;
  loops.for_each(lattice.pieces,
                 SumPieces<D, Value>{lattice.members.data(), lattice.piece_begin.data(), points, values.pieces.data()});
  loops.for_each(all, JoinPieces<Value>{lattice.piece_end.data(), values.pieces.data(), values.current.data()});
  for (int direction = 0; direction <= D; ++direction) {
    loops.for_each(all, BlurVertices<D, Value>{lattice.neighbours.data() + std::size_t(direction) * all,
                                               values.current.data(), values.spare.data()});
    std::swap(values.current, values.spare);
  }
}

/// Returns the value at a point, without the factor kAlpha.
template <int D, typename Value>
struct Slice {
  const typename FlatLattice<D>::Corner* corners;
  const Value* vertices;
  VCL_HOST_DEVICE Value operator()(std::size_t point) const {
    const auto* const corner = corners + point * FlatLattice<D>::kCorners;
    Value sum = vertices[corner[0].vertex] * corner[0].weight;
    for (int r = 1; r <= D; ++r) sum = sum + vertices[corner[r].vertex] * corner[r].weight;
    return sum;
  }
};

}  // namespace vcl
