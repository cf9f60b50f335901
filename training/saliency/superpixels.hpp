// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace vcl::saliency {

/// An image divided into connected regions of similar color, with the properties that the graph methods need.
struct Superpixels {
  enum Side : unsigned { Top = 1, Bottom = 2, Left = 4, Right = 8 };

  cv::Mat1i labels;  ///< [H,W], 0..count-1
  int count = 0;
  std::vector<cv::Vec3f> colour;    ///< mean Lab color
  std::vector<cv::Point2f> centre;  ///< mean position, each axis divided by the image's side: 0..1
  std::vector<unsigned> sides;      ///< the image sides it touches, as Side bits
  cv::Mat1b adjacent;               ///< [count,count], 1 if two regions share a pixel border
};

/// Computes SLIC superpixels (Achanta et al. 2012) with enforced connectivity, from float Lab [H,W,3] (L 0..100).
Superpixels make_superpixels(const cv::Mat3f& lab, int wanted);

/// Returns the Euclidean distances of the mean colors, [count,count].
cv::Mat1f colour_distances(const Superpixels& regions);

/// Adds links between all regions that lie along the image border.
cv::Mat1b link_border(const Superpixels& regions, const cv::Mat1b& links);

/// Returns the closed-loop graph: neighbors, neighbors of neighbors, and all pairs of border regions.
cv::Mat1b two_hop_graph(const Superpixels& regions);

/// Returns a map [H,W] with each region's value at its pixels.
cv::Mat1f paint(const Superpixels& regions, const cv::Mat1f& values);

/// Returns the map scaled to 0..1, or all zero if it is constant.
cv::Mat1f normalised(const cv::Mat1f& map);

}  // namespace vcl::saliency
