// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/crf/permutohedral_lattice.hpp"

#include <algorithm>

#include "libvcl/crf/vertex_table.hpp"

namespace vcl {

namespace {

/// The intermediate values of a block of points, stored by coordinate, so that the loops over points vectorize.
template <int D>
struct Embedded {
  static constexpr std::size_t kBlock = PermutohedralLattice<D>::kBlock;
  template <typename T>
  using Rows = std::array<std::array<T, kBlock>, D + 1>;

  Rows<float> position;  ///< in the hyperplane; sums to 0
  Rows<int> corner;      ///< the lattice point of remainder 0 of the enclosing simplex
  Rows<int> rank;        ///< of position - corner among the coordinates, 0: largest
  Rows<float> weight;    ///< barycentric, for the corner of each remainder
};

template <int D>
void embed(const typename PermutohedralLattice<D>::Block& features, Embedded<D>& out) {
  constexpr std::size_t kBlock = Embedded<D>::kBlock;
  static const std::array<float, D> scale = embedding_scale<D>();
  std::array<float, kBlock> sum{};
  for (std::size_t j = D; j > 0; --j) {
    for (std::size_t p = 0; p < kBlock; ++p) {
      const float feature = features[j - 1][p] * scale[j - 1];
      out.position[j][p] = sum[p] - float(j) * feature;
      sum[p] += feature;
    }
  }
  out.position[0] = sum;
}

/// Rounds each coordinate to a multiple of D+1, ranks the differences, and moves the result back to the hyperplane by
/// changing the coordinates that the ranks select.
template <int D>
void find_simplex(Embedded<D>& out) {
  constexpr std::size_t kBlock = Embedded<D>::kBlock;
  std::array<int, kBlock> excess{};  // sum of the rounded coordinates, in multiples of D+1
  typename Embedded<D>::template Rows<float> left;
  for (std::size_t i = 0; i <= D; ++i) {
    for (std::size_t p = 0; p < kBlock; ++p) {
      const float rounded = round_to_even(out.position[i][p] * (1.0f / (D + 1)));
      out.corner[i][p] = int(rounded) * (D + 1);
      excess[p] += int(rounded);
      left[i][p] = out.position[i][p] - rounded * (D + 1);
    }
    out.rank[i].fill(0);
  }
  for (std::size_t i = 0; i <= D; ++i) {
    for (std::size_t j = i + 1; j <= D; ++j) {
      for (std::size_t p = 0; p < kBlock; ++p) {
        const int less = left[i][p] < left[j][p];
        out.rank[i][p] += less;
        out.rank[j][p] += 1 - less;
      }
    }
  }
  for (std::size_t i = 0; i <= D; ++i) {
    for (std::size_t p = 0; p < kBlock; ++p) {
      const int rank = out.rank[i][p] + excess[p];
      const int turn = (rank < 0) * (D + 1) - (rank > D) * (D + 1);
      out.rank[i][p] = rank + turn;
      out.corner[i][p] += turn;
    }
  }
}

/// The weight of the corner of remainder r is the difference of the (D-r)th distance and the next.
template <int D>
void weigh_corners(Embedded<D>& out) {
  constexpr std::size_t kBlock = Embedded<D>::kBlock;
  typename Embedded<D>::template Rows<float> sorted{};  // distances by rank
  for (std::size_t i = 0; i <= D; ++i) {
    for (std::size_t p = 0; p < kBlock; ++p) {
      const float distance = (out.position[i][p] - float(out.corner[i][p])) * (1.0f / (D + 1));
      for (std::size_t k = 0; k <= D; ++k) sorted[k][p] += out.rank[i][p] == int(k) ? distance : 0.0f;
    }
  }
  for (std::size_t p = 0; p < kBlock; ++p) out.weight[0][p] = sorted[D][p] + (1.0f - sorted[0][p]);
  for (std::size_t r = 1; r <= D; ++r)
    for (std::size_t p = 0; p < kBlock; ++p) out.weight[r][p] = sorted[D - r][p] - sorted[D - r + 1][p];
}

}  // namespace

template <int D>
void PermutohedralLattice<D>::locate(std::size_t first, std::size_t count, const Block& block,
                                     const LatticeKeys<D>& keys, std::vector<Place>& places) {
  Embedded<D> embedded;
  embed<D>(block, embedded);
  find_simplex(embedded);
  weigh_corners(embedded);
  for (std::size_t p = 0; p < count; ++p) {
    Place place{keys.origin, 0};
    for (std::size_t i = 0; i <= D; ++i) {
      place.key += embedded.corner[i][p] * keys.step[i];
      place.ranks |= std::uint32_t(embedded.rank[i][p]) << (3 * i);
    }
    places[first + p] = place;
    for (std::size_t r = 0; r <= D; ++r) corners_[(first + p) * kCorners + r].weight = embedded.weight[r][p];
  }
}

template <int D>
PermutohedralLattice<D>::PermutohedralLattice(std::size_t points, const std::array<float, D>& largest,
                                              const Features& features, ThreadTeam& team)
    : corners_(points * kCorners) {
  const LatticeKeys<D> keys = make_lattice_keys<D>(largest);
  std::vector<Place> places(points);
  team.run((points + kBlock - 1) / kBlock, 64, [&](std::size_t begin, std::size_t end) {
    Block block{};
    for (std::size_t first = begin * kBlock; first < std::min(end * kBlock, points); first += kBlock) {
      const std::size_t count = std::min(kBlock, points - first);
      features(first, count, block);
      locate(first, count, block, keys, places);
    }
  });

  VertexTable table;
  for (std::size_t p = 0; p < points; ++p) {
    Corner* const corners = &corners_[p * kCorners];
    if (p > 0 && places[p] == places[p - 1]) {  // same simplex: common in smooth regions
      for (std::size_t r = 0; r <= D; ++r) corners[r].vertex = corners[r - kCorners].vertex;
      continue;
    }
    std::array<std::int64_t, D + 1> step_of_rank;
    for (std::size_t i = 0; i <= D; ++i) step_of_rank[places[p].ranks >> (3 * i) & 7] = keys.step[i];
    std::int64_t key = places[p].key;
    for (std::size_t r = 0; r <= D; ++r) {
      corners[r].vertex = table.insert(std::uint64_t(key));
      key += keys.all - kCorners * step_of_rank[D - r];
    }
  }
  const std::size_t count = table.keys().size();
  member_end_.assign(count + 1, 0);
  list_members();

  for (auto& direction : neighbours_) direction.assign(count + 1, {0, 0});
  team.run(D + 1, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t direction = begin; direction < end; ++direction) {
      const std::int64_t move = keys.all - kCorners * keys.step[direction];
      auto& list = neighbours_[direction];
      for (std::uint32_t v = 1; v <= count; ++v) {
        const std::uint32_t after = table.find(table.keys()[v - 1] + std::uint64_t(move));
        list[v].after = after;
        list[after].before = v;  // entry 0 collects values that are never used, and is reset
      }
      list[0] = {0, 0};
    }
  });
}

template <int D>
void PermutohedralLattice<D>::list_members() {
  for (const Corner& corner : corners_) ++member_end_[corner.vertex];
  for (std::size_t v = 1, sum = 0; v < member_end_.size(); ++v) {
    const std::uint32_t size = member_end_[v];
    member_end_[v] = std::uint32_t(sum);  // the beginning, until all members are inserted
    sum += size;
  }
  members_.resize(corners_.size());
  for (std::size_t at = 0; at < corners_.size(); ++at)
    members_[member_end_[corners_[at].vertex]++] = {std::uint32_t(at / kCorners), corners_[at].weight};
}

template <int D>
void PermutohedralLattice<D>::scale(const std::vector<float>& factors, ThreadTeam& team) {
  team.run(corners_.size(), 1 << 14, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      corners_[i].weight *= factors[i / kCorners];
      members_[i].weight *= factors[members_[i].point];
    }
  });
}

template class PermutohedralLattice<2>;
template class PermutohedralLattice<5>;

}  // namespace vcl
