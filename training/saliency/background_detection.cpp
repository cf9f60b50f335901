// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/background_detection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "training/saliency/cholesky.hpp"

namespace vcl::saliency {
namespace {

constexpr float kColourSigma = 7;
constexpr float kSpatialSigma = 0.25F;
constexpr float kBackgroundWeight = 5;
constexpr float kDirectLink = 0.1F;

float gaussian(float distance, float sigma) {
  return std::exp(-distance * distance / (2 * sigma * sigma));
}

/// Returns the mean over all regions of the distance to the most similar neighbor. Color steps up to that are texture
/// (Zhu et al., section 4.1: small weight accumulation).
float texture_step(const cv::Mat1f& colour, const cv::Mat1b& links) {
  float sum = 0;
  int counted = 0;
  for (int a = 0; a < links.rows; ++a) {
    float smallest = std::numeric_limits<float>::max();
    for (int b = 0; b < links.cols; ++b) {
      if (links(a, b)) smallest = std::min(smallest, colour(a, b));
    }
    if (smallest == std::numeric_limits<float>::max()) continue;  // a region without neighbors
    sum += smallest;
    ++counted;
  }
  return counted ? sum / static_cast<float>(counted) : 0;
}

/// Returns the shortest paths along the graph between all regions (Floyd-Warshall), exact up to `limit`.
cv::Mat1f geodesic_distances(const cv::Mat1f& step, const cv::Mat1b& links, float limit) {
  const int n = links.rows;
  cv::Mat1f distance(n, n, std::numeric_limits<float>::infinity());
  step.copyTo(distance, links);
  distance.diag() = 0;
  for (int via = 0; via < n; ++via) {
    const float* __restrict onward = distance[via];
    for (int from = 0; from < n; ++from) {
      const float reached = distance(from, via);
      if (from == via || reached > limit) continue;
      float* __restrict row = distance[from];
      for (int to = 0; to < n; ++to) row[to] = std::min(row[to], reached + onward[to]);
    }
  }
  return distance;
}

/// Section 3: border length of the region's soft surroundings, divided by the square root of their area.
cv::Mat1f boundary_connectivity(const Superpixels& regions, const cv::Mat1f& step, const cv::Mat1b& links) {
  const cv::Mat1f distance = geodesic_distances(step, links, 5 * kColourSigma);  // farther regions have weights below
                                                                                 // 4e-6
  cv::Mat1f connectivity(regions.count, 1);
  for (int a = 0; a < regions.count; ++a) {
    float area = 0;
    float length = 0;
    for (int b = 0; b < regions.count; ++b) {
      const float weight = gaussian(distance(a, b), kColourSigma);
      area += weight;
      if (regions.sides[b]) length += weight;
    }
    connectivity(a) = length / std::sqrt(area);
  }
  return connectivity;
}

/// Section 4.1: contrast to every region, weighted by nearness and by the background probability of that region.
cv::Mat1f background_weighted_contrast(const Superpixels& regions, const cv::Mat1f& colour,
                                       const cv::Mat1f& background) {
  cv::Mat1f contrast(regions.count, 1, 0.0F);
  for (int a = 0; a < regions.count; ++a) {
    for (int b = 0; b < regions.count; ++b) {
      const auto apart = static_cast<float>(cv::norm(regions.centre[a] - regions.centre[b]));
      contrast(a) += colour(a, b) * gaussian(apart, kSpatialSigma) * background(b);
    }
  }
  return normalised(contrast);
}

/// Section 4.2: minimizes background cost, foreground cost and smoothness in one linear system.
cv::Mat1f optimised(const Superpixels& regions, const cv::Mat1f& step, const cv::Mat1f& background,
                    const cv::Mat1f& contrast) {
  const cv::Mat1b links = two_hop_graph(regions);
  cv::Mat1d system(regions.count, regions.count, 0.0);
  for (int a = 0; a < regions.count; ++a) {
    for (int b = 0; b < regions.count; ++b) {
      if (!links(a, b)) continue;
      const double weight = gaussian(step(a, b), kColourSigma) + (regions.adjacent(a, b) ? kDirectLink : 0.0F);
      system(a, b) -= weight;
      system(a, a) += weight;
    }
    system(a, a) += kBackgroundWeight * background(a) + contrast(a) + 1e-6;  // 1e-6: solvable even if all are zero
  }
  const cv::Mat1d inverse = inverse_cholesky_factor(system);
  return cv::Mat1f(inverse.t() * (inverse * cv::Mat1d(contrast)));
}

}  // namespace

cv::Mat1f background_detection(const Superpixels& regions) {
  const cv::Mat1f colour = colour_distances(regions);
  const cv::Mat1b links = link_border(regions, regions.adjacent);
  const cv::Mat1f step = cv::max(colour - texture_step(colour, links), 0.0);
  const cv::Mat1f connectivity = boundary_connectivity(regions, step, links);
  cv::Mat1f background(regions.count, 1);
  for (int a = 0; a < regions.count; ++a) background(a) = 1 - gaussian(connectivity(a), 1);
  return optimised(regions, step, background, background_weighted_contrast(regions, colour, background));
}

}  // namespace vcl::saliency
