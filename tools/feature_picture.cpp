// SPDX-License-Identifier: LGPL-2.1-or-later
#include "feature_picture.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace vcl {
namespace {

constexpr int kIterations = 50;

/// Gram-Schmidt on the columns of `basis`; a column that depends on those before becomes zero.
void orthonormalise(cv::Mat& basis) {
  for (int k = 0; k < basis.cols; ++k) {
    cv::Mat column = basis.col(k);
    for (int j = 0; j < k; ++j) column -= column.dot(basis.col(j)) * basis.col(j);
    const double length = cv::norm(column);
    column *= length > 1e-9 ? 1 / length : 0;
  }
}

/// Scores [patches, 3] by subspace iteration on the centred patches [patches, channels]; each component's largest score
/// is positive.
cv::Mat components(const cv::Mat& patches) {
  cv::Mat basis(patches.cols, 3, CV_64F);
  for (int i = 0; i < basis.rows; ++i)
    for (int k = 0; k < 3; ++k) basis.at<double>(i, k) = std::cos(double((k + 1) * (i + 1)));
  orthonormalise(basis);
  for (int i = 0; i < kIterations; ++i) {
    basis = patches.t() * (patches * basis);
    orthonormalise(basis);
  }
  cv::Mat scores = patches * basis;
  for (int k = 0; k < 3; ++k) {
    double low = 0, high = 0;
    cv::minMaxLoc(scores.col(k), &low, &high);
    if (-low > high) scores.col(k) *= -1;
  }
  return scores;
}

}  // namespace

cv::Mat paint_components(const FeatureMap& map) {
  const int count = map.grid.width * map.grid.height;
  cv::Mat patches;
  cv::Mat(map.channels, count, CV_32F, const_cast<float*>(map.values.data())).convertTo(patches, CV_64F);
  for (int c = 0; c < patches.rows; ++c) patches.row(c) -= cv::mean(patches.row(c))[0];
  patches = patches.t();
  const cv::Mat scores = components(patches);
  cv::Mat grid(map.grid.height, map.grid.width, CV_8UC3);
  for (int k = 0; k < 3; ++k) {
    const double deviation = std::max(cv::norm(scores.col(k)) / std::sqrt(count), 1e-12);
    for (int i = 0; i < count; ++i)
      grid.at<cv::Vec3b>(i)[k] = cv::saturate_cast<uchar>(127.5 + 60 * scores.at<double>(i, k) / deviation);
  }
  cv::Mat picture;
  cv::resize(grid, picture, {map.input.width, map.input.height}, 0, 0, cv::INTER_NEAREST);
  return picture;
}

}  // namespace vcl
