// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>

#include "libvcl/crf/permutohedral_lattice.hpp"
#include "libvcl/cuda/array.hpp"

/// Builds permutohedral lattices by sorting the corners of all points by key, which places the corners of a vertex next
/// to each other. It uses no hash table and no atomics, so vertices and the order of their members are always the same.
namespace vcl {

/// The lattice of libvcl/crf in flat arrays. Vertices are numbered from 1 by ascending key; vertex 0 means none.
template <int D>
struct FlatLattice {
  using Corner = typename PermutohedralLattice<D>::Corner;
  using Member = typename PermutohedralLattice<D>::Member;
  using Neighbours = typename PermutohedralLattice<D>::Neighbours;
  static constexpr int kCorners = D + 1;
  static constexpr float kAlpha = PermutohedralLattice<D>::kAlpha;
  /// The maximum number of a vertex's members that one thread sums. Vertices in flat regions of an image have
  /// thousands.
  static constexpr std::uint32_t kPiece = 64;

  std::size_t points = 0;
  std::uint32_t vertices = 0, pieces = 0;
  Array<Corner> corners;             ///< [points, kCorners]
  Array<Member> members;             ///< by vertex, points ascending
  Array<std::uint32_t> piece_begin;  ///< [pieces + 1]: first member of each piece
  Array<std::uint32_t> piece_end;    ///< [vertices + 1]: pieces of v are [piece_end[v - 1], piece_end[v])
  Array<Neighbours> neighbours;      ///< [kCorners, vertices + 1]
};

/// Computes the key and weight of each corner of a point. `features(point, values)` writes its D features. The
/// arithmetic equals that of libvcl/crf, operation by operation.
template <int D, typename Features>
struct LocatePoint {
  static constexpr int kCorners = D + 1;
  Features features;
  LatticeKeys<D> keys;
  std::array<float, D> scale;
  std::uint64_t* key;    // [points, kCorners]
  std::uint32_t* order;  // 0, 1, ...
  typename FlatLattice<D>::Corner* corners;

  VCL_HOST_DEVICE void operator()(std::size_t point) const {
    float position[kCorners];
    embed(point, position);
    int corner[kCorners], rank[kCorners];
    find_simplex(position, corner, rank);
    write_keys(point, corner, rank);
    write_weights(point, position, corner, rank);
  }

  VCL_HOST_DEVICE void embed(std::size_t point, float (&position)[kCorners]) const {
    float feature[D];
    features(point, feature);
    float sum = 0;
    for (int j = D; j > 0; --j) {
      const float scaled = feature[j - 1] * scale[j - 1];
      position[j] = sum - float(j) * scaled;
      sum += scaled;
    }
    position[0] = sum;
  }

  VCL_HOST_DEVICE static void find_simplex(const float (&position)[kCorners], int (&corner)[kCorners],
                                           int (&rank)[kCorners]) {
    float left[kCorners];
    int excess = 0;  // sum of the rounded coordinates, in multiples of D+1
    for (int i = 0; i <= D; ++i) {
      const float rounded = round_to_even(position[i] * (1.0f / kCorners));
      corner[i] = int(rounded) * kCorners;
      excess += int(rounded);
      left[i] = position[i] - rounded * kCorners;
      rank[i] = 0;
    }
    for (int i = 0; i <= D; ++i)
      for (int j = i + 1; j <= D; ++j) {
        const int less = left[i] < left[j];
        rank[i] += less;
        rank[j] += 1 - less;
      }
    for (int i = 0; i <= D; ++i) {
      rank[i] += excess;
      const int turn = (rank[i] < 0) * kCorners - (rank[i] > D) * kCorners;
      rank[i] += turn;
      corner[i] += turn;
    }
  }

  VCL_HOST_DEVICE void write_keys(std::size_t point, const int (&corner)[kCorners], const int (&rank)[kCorners]) const {
    std::int64_t at = keys.origin;
    for (int i = 0; i <= D; ++i) at += corner[i] * keys.step[i];
    for (int r = 0; r <= D; ++r) {
      const std::size_t index = point * kCorners + r;
      key[index] = std::uint64_t(at);
      order[index] = std::uint32_t(index);
      std::int64_t step = 0;  // of the coordinate with rank D - r; selected in a loop, as GPUs cannot index registers
      for (int i = 0; i <= D; ++i) step += rank[i] == D - r ? keys.step[i] : 0;
      at += keys.all - kCorners * step;
    }
  }

  VCL_HOST_DEVICE void write_weights(std::size_t point, const float (&position)[kCorners],
                                     const int (&corner)[kCorners], const int (&rank)[kCorners]) const {
    float sorted[kCorners] = {};  // distances by rank
    for (int i = 0; i <= D; ++i) {
      const float distance = (position[i] - float(corner[i])) * (1.0f / kCorners);
      for (int k = 0; k <= D; ++k) sorted[k] += rank[i] == k ? distance : 0.0f;
    }
    auto* const out = corners + point * kCorners;
    out[0].weight = sorted[D] + (1.0f - sorted[0]);
    for (int r = 1; r <= D; ++r) out[r].weight = sorted[D - r] - sorted[D - r + 1];
  }
};

/// Writes 1 where a new vertex begins among the sorted keys, else 0.
struct MarkVertices {
  const std::uint64_t* key;
  std::uint32_t* number;
  VCL_HOST_DEVICE void operator()(std::size_t i) const { number[i] = i == 0 || key[i] != key[i - 1]; }
};

/// Writes the corners' vertices and the vertices' members, keys and beginnings, from the vertex numbers in sorted
/// order.
template <int D>
struct ListMembers {
  const std::uint64_t* key;
  const std::uint32_t *order, *number;
  typename FlatLattice<D>::Corner* corners;
  typename FlatLattice<D>::Member* members;
  std::uint64_t* vertex_key;
  std::uint32_t* first_member;  // [vertices + 2], from vertex 1
  std::size_t count;

  VCL_HOST_DEVICE void operator()(std::size_t i) const {
    const std::uint32_t vertex = number[i];
    auto& corner = corners[order[i]];
    corner.vertex = vertex;
    members[i] = {order[i] / FlatLattice<D>::kCorners, corner.weight};
    if (i == 0 || number[i - 1] != vertex) {
      vertex_key[vertex] = key[i];
      first_member[vertex] = std::uint32_t(i);
    }
    if (i + 1 == count) first_member[vertex + 1] = std::uint32_t(count);
  }
};

struct CountPieces {
  const std::uint32_t* first_member;
  std::uint32_t piece;
  std::uint32_t* pieces;
  VCL_HOST_DEVICE void operator()(std::size_t v) const {
    pieces[v] = v == 0 ? 0 : (first_member[v + 1] - first_member[v] + piece - 1) / piece;
  }
};

struct CutPieces {
  const std::uint32_t *first_member, *piece_end;
  std::uint32_t piece, vertices;
  std::uint32_t* piece_begin;
  VCL_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t v = index + 1;
    for (std::uint32_t p = piece_end[v - 1], first = first_member[v]; p < piece_end[v]; ++p, first += piece)
      piece_begin[p] = first;
    if (v == vertices) piece_begin[piece_end[v]] = first_member[v + 1];
  }
};

template <typename Neighbours>
struct ForgetNeighbours {
  Neighbours* neighbours;
  VCL_HOST_DEVICE void operator()(std::size_t i) const { neighbours[i] = {0, 0}; }
};

/// The index is a direction and a vertex. A vertex is the `after` of at most one other, so no two writes conflict.
template <int D>
struct FindNeighbours {
  const std::uint64_t* vertex_key;
  LatticeKeys<D> keys;
  std::uint32_t vertices;
  typename FlatLattice<D>::Neighbours* neighbours;

  VCL_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t direction = index / vertices;
    const auto v = std::uint32_t(index % vertices + 1);
    const std::uint32_t after =
        find(vertex_key[v] + std::uint64_t(keys.all - FlatLattice<D>::kCorners * keys.step[direction]));
    auto* const list = neighbours + direction * (std::size_t(vertices) + 1);
    list[v].after = after;
    if (after != 0) list[after].before = v;
  }

  VCL_HOST_DEVICE std::uint32_t find(std::uint64_t key) const {
    std::uint32_t low = 1, high = vertices + 1;  // searches the first vertex that is not below the key
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      vertex_key[middle] < key ? low = middle + 1 : high = middle;
    }
    return low <= vertices && vertex_key[low] == key ? low : 0;
  }
};

/// Features must lie in [0, largest], and points * (D+1) below 2^32. Throws Error(Invalid) like the lattice of
/// libvcl/crf.
template <int D, typename Loops, typename Features>
FlatLattice<D> build_lattice(Loops& loops, std::size_t points, const std::array<float, D>& largest,
                             const Features& features) {
  using Lattice = FlatLattice<D>;
  const LatticeKeys<D> keys = make_lattice_keys<D>(largest);
  const std::size_t count = points * Lattice::kCorners;
  Lattice lattice;
  lattice.points = points;
  lattice.corners = Array<typename Lattice::Corner>(loops.memory, count);
  lattice.members = Array<typename Lattice::Member>(loops.memory, count);

  Array<std::uint64_t> key(loops.memory, count);
  Array<std::uint32_t> order(loops.memory, count), number(loops.memory, count);
  loops.for_each(points, LocatePoint<D, Features>{features, keys, embedding_scale<D>(), key.data(), order.data(),
                                                  lattice.corners.data()});
  loops.sort_pairs(key, order, count, std::uint64_t(keys.cells));
  loops.for_each(count, MarkVertices{key.data(), number.data()});
  loops.running_sum(number.data(), count);
  const std::uint32_t vertices = lattice.vertices = loops.read(number.data() + count - 1);

  Array<std::uint64_t> vertex_key(loops.memory, std::size_t(vertices) + 1);
  Array<std::uint32_t> first_member(loops.memory, std::size_t(vertices) + 2);
  loops.for_each(count, ListMembers<D>{key.data(), order.data(), number.data(), lattice.corners.data(),
                                       lattice.members.data(), vertex_key.data(), first_member.data(), count});

  lattice.piece_end = Array<std::uint32_t>(loops.memory, std::size_t(vertices) + 1);
  loops.for_each(vertices + 1, CountPieces{first_member.data(), Lattice::kPiece, lattice.piece_end.data()});
  loops.running_sum(lattice.piece_end.data(), vertices + 1);
  lattice.pieces = loops.read(lattice.piece_end.data() + vertices);
  lattice.piece_begin = Array<std::uint32_t>(loops.memory, std::size_t(lattice.pieces) + 1);
  loops.for_each(vertices, CutPieces{first_member.data(), lattice.piece_end.data(), Lattice::kPiece, vertices,
                                     lattice.piece_begin.data()});

  const std::size_t directed = std::size_t(vertices) * Lattice::kCorners;
  lattice.neighbours = Array<typename Lattice::Neighbours>(loops.memory, directed + Lattice::kCorners);
  loops.for_each(directed + Lattice::kCorners,
                 ForgetNeighbours<typename Lattice::Neighbours>{lattice.neighbours.data()});
  loops.for_each(directed, FindNeighbours<D>{vertex_key.data(), keys, vertices, lattice.neighbours.data()});
  return lattice;
}

}  // namespace vcl
