// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "libvcl/crf/lattice_keys.hpp"
#include "libvcl/crf/thread_team.hpp"

/// The permutohedral lattice (Adams, Baek, Davis: Fast High-Dimensional Filtering Using the Permutohedral Lattice,
/// 2010): a Gaussian filter of standard deviation 1 over points in D dimensions, in time linear in their number. Points
/// are embedded in the hyperplane of D+1 coordinates that sum to 0, which the lattice tiles with simplices. Values are
/// distributed to the D+1 corners of a point's simplex (splat), blurred along the lattice's D+1 directions and read
/// back (slice). Everything except the values depends only on the points and is built once.
namespace vcl {

template <int D>
class PermutohedralLattice {
 public:
  static constexpr int kCorners = D + 1;
  static constexpr std::size_t kBlock = 64;
  /// The factor for sliced values. It cancels most of the gain of the blur.
  static constexpr float kAlpha = 1.0f / (1.0f + 1.0f / float(1 << D));

  /// The feature vectors of a block of points, one row per dimension.
  using Block = std::array<std::array<float, kBlock>, D>;
  /// Writes the features of points [first, first + count), count <= kBlock. Called from several threads.
  using Features = std::function<void(std::size_t first, std::size_t count, Block& block)>;

  /// The share of one point in a vertex. The weights of a point sum to 1. This and the other structs are aligned, so
  /// that a GPU loads each at once.
  struct alignas(8) Corner {
    std::uint32_t vertex;
    float weight;
  };
  struct alignas(8) Member {
    std::uint32_t point;
    float weight;
  };
  /// The vertices before and after a vertex in a direction of the lattice; 0: none.
  struct alignas(8) Neighbours {
    std::uint32_t before, after;
  };

  /// Features must lie in [0, largest]. Requires at least one point, and points * kCorners < 2^32. Throws
  /// Error(Invalid) if the features span more cells than 64-bit keys can number.
  PermutohedralLattice(std::size_t points, const std::array<float, D>& largest, const Features& features,
                       ThreadTeam& team);

  std::size_t points() const { return corners_.size() / kCorners; }
  /// Vertices are numbered from 1. Vertex 0 replaces all vertices that do not exist and keeps the value 0.
  std::size_t vertices() const { return member_end_.size() - 1; }

  const Corner* corners(std::size_t point) const { return &corners_[point * kCorners]; }
  const Member* members_begin(std::size_t vertex) const { return members_.data() + member_end_[vertex - 1]; }
  const Member* members_end(std::size_t vertex) const { return members_.data() + member_end_[vertex]; }
  const Neighbours* neighbours(int direction) const { return neighbours_[std::size_t(direction)].data(); }

  /// Multiplies all weights of each point, which scales its values both on input and on output.
  void scale(const std::vector<float>& factors, ThreadTeam& team);

 private:
  /// The location of a point: the key of the corner of remainder 0 of its simplex, and the rank of each coordinate's
  /// distance from that corner, three bits each.
  struct Place {
    std::int64_t key;
    std::uint32_t ranks;
    bool operator==(const Place&) const = default;
  };

  void locate(std::size_t first, std::size_t count, const Block& block, const LatticeKeys<D>& keys,
              std::vector<Place>& places);
  void list_members();

  std::vector<Corner> corners_;            ///< kCorners per point
  std::vector<Member> members_;            ///< the same by vertex, points ascending
  std::vector<std::uint32_t> member_end_;  ///< of vertex v: members [member_end_[v - 1], member_end_[v])
  std::array<std::vector<Neighbours>, D + 1> neighbours_;
};

extern template class PermutohedralLattice<2>;
extern template class PermutohedralLattice<5>;

}  // namespace vcl
