// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "vcl/tracking.hpp"

namespace vcl {

/// A minimum-cost assignment and the dual solution that proves it: row_dual + column_dual <= cost everywhere, with
/// equality where a row is assigned.
struct Assignment {
  std::vector<int> column_of;  ///< per row
  std::vector<double> row_dual, column_dual;
};

/// Solves the assignment with the Hungarian method by shortest augmenting paths, O(rows^2 cols). Requires rows <= cols
/// and finite costs.
Assignment solve_assignment(const Similarity& cost);

/// Throws Error(Invalid) unless the sizes are not negative and match the number of values.
void check_matrix(const Similarity& matrix);

}  // namespace vcl
