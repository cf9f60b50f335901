// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace [[gnu::visibility("default")]] vcl {

/// Row-major matrix of similarities, rows: old tracks, columns: new ones.
struct Similarity {
  int rows = 0, cols = 0;
  std::vector<double> values;
  double& at(int r, int c) { return values[std::size_t(r) * cols + c]; }
  double at(int r, int c) const { return values[std::size_t(r) * cols + c]; }
};

/// One-to-one matching with the largest sum (golden/track/README.md). Values that are not finite or
/// below `threshold` count as 0; pairs of value 0 are no match. Among equal sums row 0 takes the
/// lowest column, then row 1, and so on, unmatched last. Pairs (row, column), ascending by row.
std::vector<std::pair<int, int>> match_tracks(const Similarity& similarity, double threshold);

/// Minimum-cost assignment of every row to a distinct column (rows <= cols, finite costs):
/// the column of each row. The Hungarian method, O(rows^2 cols).
std::vector<int> assign_min_cost(const Similarity& cost);

}  // namespace vcl
