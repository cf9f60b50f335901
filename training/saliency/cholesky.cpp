// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/cholesky.hpp"

#include <cmath>

namespace vcl::saliency {
namespace {

/// target[0..n) -= factor * source[0..n). All time is spent in this loop, so it must vectorize.
void subtract_scaled(double* __restrict target, const double* __restrict source, double factor, int n) {
  for (int i = 0; i < n; ++i) target[i] -= factor * source[i];
}

}  // namespace

cv::Mat1d inverse_cholesky_factor(cv::Mat1d matrix) {
  const int n = matrix.rows;
  cv::Mat1d upper = matrix.clone();  // row k becomes row k of L^T
  cv::Mat1d inverse = cv::Mat1d::eye(n, n);
  for (int k = 0; k < n; ++k) {
    double* row = upper[k];
    const double scale = 1 / std::sqrt(row[k]);
    for (int j = k; j < n; ++j) row[j] *= scale;
    for (int j = 0; j <= k; ++j) inverse(k, j) *= scale;
    for (int i = k + 1; i < n; ++i) {
      if (row[i] == 0) continue;
      subtract_scaled(upper[i] + i, row + i, row[i], n - i);
      subtract_scaled(inverse[i], inverse[k], row[i], k + 1);
    }
  }
  return inverse;
}

}  // namespace vcl::saliency
