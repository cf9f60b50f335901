// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/manifold_ranking.hpp"

#include <algorithm>
#include <cmath>

#include "training/saliency/cholesky.hpp"

namespace vcl::saliency {
namespace {

constexpr float kColourFall = 10;  // 1 / sigma^2 for color distances scaled to 0..1
constexpr double kAlpha = 0.99;
constexpr float kSameColour = 1e-3F;  // Lab distance below which all colors are equal and cannot be ranked

/// Section 3.1: D - alpha W of the closed-loop graph.
cv::Mat1d graph_matrix(const Superpixels& regions) {
  const cv::Mat1b links = two_hop_graph(regions);
  const cv::Mat1f colour = colour_distances(regions);
  double low = 0;
  double high = 0;
  cv::minMaxLoc(colour, &low, &high, nullptr, nullptr, links);
  const double scale = high > low ? kColourFall / (high - low) : 0;
  cv::Mat1d laplacian(regions.count, regions.count, 0.0);
  for (int a = 0; a < regions.count; ++a) {
    laplacian(a, a) = 1e-9;  // solvable for a region without neighbors
    for (int b = 0; b < regions.count; ++b) {
      if (!links(a, b)) continue;
      const double weight = std::exp(-scale * (colour(a, b) - low));
      laplacian(a, b) = -kAlpha * weight;
      laplacian(a, a) += weight;
    }
  }
  return laplacian;
}

/// Ranks all regions by their similarity to the queries (0 or 1), with (D - alpha W)^-1. Its diagonal is set to zero so
/// that a query does not rank itself (section 3.3).
class Ranking {
 public:
  explicit Ranking(const Superpixels& regions) : factor_(inverse_cholesky_factor(graph_matrix(regions))) {
    cv::reduce(factor_.mul(factor_), self_, 0, cv::REDUCE_SUM);
    self_ = self_.t();
  }
  cv::Mat1f operator()(const cv::Mat1d& queries) const {
    return normalised(cv::Mat1f(factor_.t() * (factor_ * queries) - self_.mul(queries)));
  }

 private:
  cv::Mat1d factor_;  // L^-1 of A = L L^T
  cv::Mat1d self_;    // the diagonal of A^-1
};

}  // namespace

cv::Mat1f manifold_ranking(const Superpixels& regions) {
  if (cv::norm(colour_distances(regions), cv::NORM_INF) < kSameColour) return cv::Mat1f::zeros(regions.count, 1);
  const Ranking rank(regions);
  cv::Mat1f unlike_border(regions.count, 1, 1.0F);  // section 4.1
  for (const unsigned side : {Superpixels::Top, Superpixels::Bottom, Superpixels::Left, Superpixels::Right}) {
    cv::Mat1d queries(regions.count, 1);
    for (int a = 0; a < regions.count; ++a) queries(a) = regions.sides[a] & side ? 1 : 0;
    const cv::Mat1f like_side = rank(queries);
    unlike_border = unlike_border.mul(1 - like_side);
  }
  unlike_border = normalised(unlike_border);
  const float mean = static_cast<float>(cv::mean(unlike_border)[0]);
  cv::Mat1d foreground(regions.count, 1);  // section 4.2
  for (int a = 0; a < regions.count; ++a) foreground(a) = unlike_border(a) >= mean ? 1 : 0;
  return rank(foreground);
}

}  // namespace vcl::saliency
