// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Row-major matrix of similarities, rows: old tracks, columns: new ones.
struct Similarity {
  int rows = 0, cols = 0;
  std::vector<double> values;
  double& at(int r, int c) { return values[std::size_t(r) * cols + c]; }
  double at(int r, int c) const { return values[std::size_t(r) * cols + c]; }
};

/// One-to-one matching with the largest sum. Values that are not finite or
/// below `threshold` count as 0; pairs of value 0 are no match. Among equal sums row 0 takes the
/// lowest column, then row 1, and so on, unmatched last (sums within 1e-12 count as equal). Pairs (row, column),
/// ascending by row. Throws Error(Invalid) when the values do not fit the size.
std::vector<std::pair<int, int>> match_tracks(const Similarity& similarity, double threshold);

/// Minimum-cost assignment of every row to a distinct column (rows <= cols, finite costs, else
/// Error(Invalid)): the column of each row. The Hungarian method, O(rows^2 cols).
std::vector<int> assign_min_cost(const Similarity& cost);

/// Likeness of two tracks over the frames that their windows share: the sum of intersections over the
/// sum of unions, 0 when both are empty throughout. One mask a frame; Error(Invalid) when numbers or sizes differ.
double track_iou(std::span<const Rle> a, std::span<const Rle> b);

/// Gives tracks of window after window ids that last: a track that matches one of the window before
/// inherits its id, the others take the next unused numbers (from 1) in order. No id is used twice.
class TrackJoiner {
 public:
  /// `threshold`: the least similarity of a match.
  explicit TrackJoiner(double threshold) : threshold_(threshold) {}

  /// Ids of the new window's tracks (columns). Rows are the tracks of the window before, in its order:
  /// none for the first window. Throws Error(Invalid) when the number of rows is another.
  std::vector<std::uint64_t> join(const Similarity& similarity);

  /// Ends all tracks: the next window is joined with no rows. Ids go on counting.
  void end_all() { ids_.clear(); }

 private:
  double threshold_;
  std::vector<std::uint64_t> ids_;  // of the latest window
  std::uint64_t next_ = 1;
};

}  // namespace vcl
