// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/barrier_distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "training/saliency/superpixels.hpp"

namespace vcl::saliency {
namespace {

constexpr int kPasses = 3;
constexpr double kStrip = 0.1;        // relative to each side
constexpr double kRegularise = 20.0;  // added to the covariance of a strip

/// The best path found so far from the border to each pixel: its highest and lowest value, and their difference, the
/// cost.
struct Paths {
  cv::Mat1f high, low, cost;
};

void try_path_through(Paths& paths, const cv::Mat1f& channel, cv::Point from, cv::Point to) {
  const float high = std::max(paths.high(from), channel(to));
  const float low = std::min(paths.low(from), channel(to));
  if (high - low >= paths.cost(to)) return;
  paths.cost(to) = high - low;
  paths.high(to) = high;
  paths.low(to) = low;
}

/// Algorithm 1, FastMBD: raster scans in alternating directions.
cv::Mat1f fast_mbd(const cv::Mat1f& channel) {
  Paths paths{channel.clone(), channel.clone(), cv::Mat1f(channel.size(), std::numeric_limits<float>::infinity())};
  const int last_x = channel.cols - 1;
  const int last_y = channel.rows - 1;
  cv::rectangle(paths.cost, {{0, 0}, paths.cost.size()}, cv::Scalar(0));
  for (int pass = 0; pass < kPasses; ++pass) {
    const bool forward = pass % 2 == 0;
    const int back = forward ? -1 : 1;
    for (int i = 1; i < last_y; ++i) {
      const int y = forward ? i : last_y - i;
      for (int j = 1; j < last_x; ++j) {
        const int x = forward ? j : last_x - j;
        try_path_through(paths, channel, {x, y + back}, {x, y});
        try_path_through(paths, channel, {x + back, y}, {x, y});
      }
    }
  }
  return paths.cost;
}

/// Returns the Mahalanobis distance of each pixel's color to the colors of one strip, divided by its maximum.
cv::Mat1f distance_to_strip(const cv::Mat3f& lab, const cv::Rect& strip) {
  const cv::Mat1f samples = lab(strip).clone().reshape(1, strip.area());
  cv::Mat covariance;
  cv::Mat mean;
  cv::calcCovarMatrix(samples, covariance, mean, cv::COVAR_NORMAL | cv::COVAR_ROWS | cv::COVAR_SCALE, CV_64F);
  covariance += kRegularise * cv::Mat::eye(3, 3, CV_64F);
  const cv::Matx33f inverse = cv::Mat(covariance.inv(cv::DECOMP_CHOLESKY));
  const cv::Vec3f centre(cv::Mat1f(mean).ptr<float>());
  cv::Mat1f distance(lab.size());
  std::transform(lab.begin(), lab.end(), distance.begin(), [&](const cv::Vec3f& colour) {
    const cv::Vec3f d = colour - centre;
    return std::sqrt(d.dot(inverse * d));
  });
  double high = 0;
  cv::minMaxLoc(distance, nullptr, &high);
  return high > 0 ? cv::Mat1f(distance / high) : distance;
}

/// Section 3.3: high for pixels unlike at least three of the four sides.
cv::Mat1f border_contrast(const cv::Mat3f& lab) {
  const int width = std::max(1, static_cast<int>(lab.cols * kStrip));
  const int height = std::max(1, static_cast<int>(lab.rows * kStrip));
  cv::Mat1f sum(lab.size(), 0.0F);
  cv::Mat1f largest(lab.size(), 0.0F);
  for (const cv::Rect& strip : {cv::Rect(0, 0, lab.cols, height), cv::Rect(0, lab.rows - height, lab.cols, height),
                                cv::Rect(0, 0, width, lab.rows), cv::Rect(lab.cols - width, 0, width, lab.rows)}) {
    const cv::Mat1f distance = distance_to_strip(lab, strip);
    sum += distance;
    largest = cv::max(largest, distance);
  }
  return sum - largest;
}

}  // namespace

cv::Mat1f barrier_distance(const cv::Mat3f& lab) {
  cv::Mat3f smooth;
  cv::GaussianBlur(lab, smooth, {}, 1.0);
  std::vector<cv::Mat1f> channels;
  cv::split(smooth, channels);
  cv::Mat1f barrier(lab.size(), 0.0F);
  for (const cv::Mat1f& channel : channels) barrier += fast_mbd(channel);
  return normalised(barrier) + normalised(border_contrast(smooth));
}

}  // namespace vcl::saliency
