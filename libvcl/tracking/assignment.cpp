// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/tracking/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vcl/error.hpp"

namespace vcl {

namespace {

constexpr int kNone = -1;

/// Shortest augmenting paths with potentials. The duals stay feasible, so reduced costs stay >= 0.
class Solver {
 public:
  explicit Solver(const Similarity& cost)
      : cost_(cost),
        row_dual_(cost.rows),
        column_dual_(cost.cols),
        row_of_(cost.cols, kNone),
        slack_(cost.cols),
        from_(cost.cols),
        reached_(cost.cols) {}

  Assignment solve() {
    for (int row = 0; row < cost_.rows; ++row) insert(row);
    std::vector<int> column_of(cost_.rows);
    for (int col = 0; col < cost_.cols; ++col) {
      if (row_of_[col] != kNone) column_of[row_of_[col]] = col;
    }
    return {std::move(column_of), std::move(row_dual_), std::move(column_dual_)};
  }

 private:
  void insert(int root) {
    std::ranges::fill(slack_, std::numeric_limits<double>::infinity());
    std::ranges::fill(reached_, false);
    int column = kNone, row = root;
    do {  // grow the tree of alternating paths until it meets a free column
      column = nearest(row, column);
      raise_duals(root, slack_[column]);
      reached_[column] = true;
      row = row_of_[column];
    } while (row != kNone);
    while (column != kNone) {  // augment: each column on the path takes the row of the column before it
      const int before = from_[column];
      row_of_[column] = before == kNone ? root : row_of_[before];
      column = before;
    }
  }

  /// Lowers the slack of the unreached columns for the new row and returns the nearest of them.
  int nearest(int row, int column) {
    int best = kNone;
    for (int col = 0; col < cost_.cols; ++col) {
      if (reached_[col]) continue;
      const double slack = cost_.at(row, col) - row_dual_[row] - column_dual_[col];
      if (slack < slack_[col]) {
        slack_[col] = slack;
        from_[col] = column;
      }
      if (best == kNone || slack_[col] < slack_[best]) best = col;
    }
    return best;
  }

  void raise_duals(int root, double delta) {
    row_dual_[root] += delta;
    for (int col = 0; col < cost_.cols; ++col) {
      if (reached_[col]) {
        row_dual_[row_of_[col]] += delta;
        column_dual_[col] -= delta;
      } else {
        slack_[col] -= delta;
      }
    }
  }

  const Similarity& cost_;
  std::vector<double> row_dual_, column_dual_;
  std::vector<int> row_of_;
  std::vector<double> slack_;  // smallest reduced cost from the tree to each column
  std::vector<int> from_;      // previous column on that path, kNone at the root
  std::vector<char> reached_;
};

}  // namespace

void check_matrix(const Similarity& matrix) {
  if (matrix.rows < 0 || matrix.cols < 0 || matrix.values.size() != std::size_t(matrix.rows) * matrix.cols) {
    throw Error(ErrorKind::Invalid, "a matrix of tracks has values that do not fit its size");
  }
}

Assignment solve_assignment(const Similarity& cost) {
  return Solver(cost).solve();
}

std::vector<int> assign_min_cost(const Similarity& cost) {
  check_matrix(cost);
  const bool finite = std::ranges::all_of(cost.values, [](double value) { return std::isfinite(value); });
  if (cost.rows > cost.cols || !finite) {
    throw Error(ErrorKind::Invalid, "an assignment needs finite costs and at least as many columns as rows");
  }
  return solve_assignment(cost).column_of;
}

}  // namespace vcl
