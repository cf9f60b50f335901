// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// A row-major matrix of similarities. Rows are old tracks, columns are new ones.
struct Similarity {
  int rows = 0, cols = 0;
  std::vector<double> values;
  double& at(int r, int c) { return values[std::size_t(r) * cols + c]; }
  double at(int r, int c) const { return values[std::size_t(r) * cols + c]; }
};

/// Returns the one-to-one matching with the largest sum, as pairs (row, column) by ascending row. Values that are not
/// finite or are below `threshold` count as 0, and pairs with value 0 are no match. If several matchings have the same
/// sum (within 1e-12), row 0 takes the lowest column, then row 1, and so on, with unmatched last. Throws Error(Invalid)
/// if the values do not fit the size.
std::vector<std::pair<int, int>> match_tracks(const Similarity& similarity, double threshold);

/// Assigns every row to a column of its own at the least total cost, and returns the column of each row. It is the
/// Hungarian method, O(rows^2 cols). Throws Error(Invalid) unless rows <= cols and all costs are finite.
std::vector<int> assign_min_cost(const Similarity& cost);

/// Returns the IoU of two tracks over the frames that their windows share: the sum of intersections over the sum of
/// unions, or 0 if both are empty throughout. Each track has one mask per frame. Throws Error(Invalid) if numbers or
/// sizes differ.
double track_iou(std::span<const Rle> a, std::span<const Rle> b);

/// Gives lasting ids to the tracks of consecutive windows. A track that matches one of the previous window inherits its
/// id. The others get the next unused numbers (from 1) in order. No id is used twice.
///
/// Threads: calls of one object must not overlap.
class TrackJoiner {
 public:
  /// `threshold` is the minimum similarity of a match.
  explicit TrackJoiner(double threshold) : threshold_(threshold) {}

  /// Returns the ids of the new window's tracks (columns). Rows are the tracks of the previous window, in its order;
  /// the first window has none. Throws Error(Invalid) if the number of rows differs from that window's.
  std::vector<std::uint64_t> join(const Similarity& similarity);

  /// Ends all tracks: the next window is joined with no rows. Ids continue.
  void end_all() { ids_.clear(); }

 private:
  double threshold_;
  std::vector<std::uint64_t> ids_;  // of the latest window
  std::uint64_t next_ = 1;
};

}  // namespace vcl
