// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/tracking.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "libvcl/tracking/assignment.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

/// Finds the preferred one among the optimal matchings, which are the perfect matchings of the tight edges of the dual
/// solution (complementary slackness). Starting from one of them, rows are moved to lower columns along alternating
/// paths.
///
/// Rows 0..rows-1 and columns 0..cols-1 are tracks. Column cols+i leaves track row i unmatched, and row rows+j leaves
/// track column j unmatched. The remaining partners are matched with each other.
class PreferredMatching {
 public:
  PreferredMatching(const Similarity& cost, const Assignment& optimum, int rows, int cols)
      : cost_(cost),
        optimum_(optimum),
        rows_(rows),
        cols_(cols),
        column_of_(cost.rows),
        row_of_(cost.cols, kNone),
        visited_(cost.cols) {
    for (int row = 0; row < rows; ++row) {
      const int col = optimum.column_of[row];
      assign(row, col < cols && cost.at(row, col) < 0 ? col : cols + row);
    }
    int spare = cols;
    for (int col = 0; col < cols; ++col) {
      if (row_of_[col] == kNone) {
        assign(rows + col, col);
      } else {
        while (row_of_[spare] != kNone) ++spare;
        assign(rows + col, spare);
      }
    }
  }

  /// Gives `row` this column if some optimal matching does so and keeps all rows above. Returns whether it did.
  bool move(int row, int column) {
    if (column_of_[row] == column) return true;
    if (!allowed(row, column) || row_of_[column] < row) return false;
    const int freed = column_of_[row], displaced = row_of_[column];
    std::ranges::fill(visited_, false);
    visited_[column] = true;
    if (!find_place(displaced, freed, row)) return false;
    assign(row, column);
    return true;
  }

 private:
  // Sums that differ by less count as equal. This is far above rounding errors and far below differences of real
  // overlaps.
  static constexpr double kTie = 1e-12;

  static constexpr int kNone = -1;

  bool allowed(int row, int column) const {
    if (row < rows_ ? column != cols_ + row && !(column < cols_ && cost_.at(row, column) < 0)
                    : column < cols_ && column != row - rows_) {
      return false;
    }
    return cost_.at(row, column) - optimum_.row_dual[row] - optimum_.column_dual[column] <= kTie;
  }

  void assign(int row, int column) {
    column_of_[row] = column;
    row_of_[column] = row;
  }

  /// Moves `row` to the free column, displacing only rows below `fixed`.
  bool find_place(int row, int free, int fixed) {
    for (int column = 0; column < cost_.cols; ++column) {
      if (visited_[column] || !allowed(row, column)) continue;
      if (column != free && row_of_[column] <= fixed) continue;
      visited_[column] = true;
      if (column != free && !find_place(row_of_[column], free, fixed)) continue;
      assign(row, column);
      return true;
    }
    return false;
  }

  const Similarity& cost_;
  const Assignment& optimum_;
  int rows_, cols_;
  std::vector<int> column_of_, row_of_;
  std::vector<char> visited_;
};

}  // namespace

std::vector<std::pair<int, int>> match_tracks(const Similarity& similarity, double threshold) {
  check_matrix(similarity);
  const int rows = similarity.rows, cols = similarity.cols;
  // A square matrix with an unmatched partner for each track, so that every optimum is a perfect matching.
  Similarity cost{rows + cols, rows + cols, std::vector<double>(std::size_t(rows + cols) * (rows + cols))};
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const double value = similarity.at(row, col);
      if (std::isfinite(value) && value >= threshold && value > 0) cost.at(row, col) = -value;
    }
  }
  const Assignment optimum = solve_assignment(cost);
  PreferredMatching matching(cost, optimum, rows, cols);
  std::vector<std::pair<int, int>> pairs;
  for (int row = 0; row < rows; ++row) {
    int col = 0;
    while (col < cols && !matching.move(row, col)) ++col;
    if (col < cols) pairs.emplace_back(row, col);
  }
  return pairs;
}

double track_iou(std::span<const Rle> a, std::span<const Rle> b) {
  if (a.size() != b.size()) throw Error(ErrorKind::Invalid, "tracks are compared over different numbers of frames");
  std::uint64_t both = 0, whole = 0;
  for (std::size_t frame = 0; frame < a.size(); ++frame) {
    const std::uint64_t common = rle_intersection(a[frame], b[frame]);
    both += common;
    whole += rle_area(a[frame]) + rle_area(b[frame]) - common;
  }
  return whole == 0 ? 0.0 : double(both) / double(whole);
}

std::vector<std::uint64_t> TrackJoiner::join(const Similarity& similarity) {
  if (similarity.rows != static_cast<int>(ids_.size())) {
    throw Error(ErrorKind::Invalid, "a window of " + std::to_string(ids_.size()) + " tracks is joined by " +
                                        std::to_string(similarity.rows) + " rows");
  }
  std::vector<std::uint64_t> ids(std::size_t(similarity.cols), 0);
  for (const auto& [row, col] : match_tracks(similarity, threshold_)) ids[col] = ids_[row];
  for (std::uint64_t& id : ids) {
    if (id == 0) id = next_++;
  }
  ids_ = ids;
  return ids;
}

}  // namespace vcl
