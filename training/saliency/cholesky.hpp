// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

namespace vcl::saliency {

/// Returns the inverse of the lower Cholesky factor of a symmetric positive definite matrix A = L L^T, so that A^-1 =
/// L^-T L^-1. Much faster than cv::invert for the few hundred rows of a region graph, which are mostly zero.
cv::Mat1d inverse_cholesky_factor(cv::Mat1d matrix);

}  // namespace vcl::saliency
