// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace vcl::saliency {

/// An image cut into connected regions of similar colour, and what the graph methods need of them.
struct Superpixels {
  enum Side : unsigned { Top = 1, Bottom = 2, Left = 4, Right = 8 };

  cv::Mat1i labels;  ///< [H,W], 0..count-1
  int count = 0;
  std::vector<cv::Vec3f> colour;    ///< mean Lab colour
  std::vector<cv::Point2f> centre;  ///< mean position, each axis divided by the image's side: 0..1
  std::vector<unsigned> sides;      ///< the image sides it touches, Side bits
  cv::Mat1b adjacent;               ///< [count,count], 1 where two regions share a pixel border
};

/// SLIC (Achanta et al. 2012) with connectivity enforced, on float Lab [H,W,3] (L 0..100).
Superpixels make_superpixels(const cv::Mat3f& lab, int wanted);

/// Euclidean distance of the mean colours, [count,count].
cv::Mat1f colour_distances(const Superpixels& regions);

/// Adds links between all regions that lie along the image border.
cv::Mat1b link_border(const Superpixels& regions, const cv::Mat1b& links);

/// The closed-loop graph: neighbours, neighbours of neighbours, and all border regions among each other.
cv::Mat1b two_hop_graph(const Superpixels& regions);

/// A value per region as a map over the pixels, [H,W].
cv::Mat1f paint(const Superpixels& regions, const cv::Mat1f& values);

/// Scaled to 0..1; all zero where the map is constant.
cv::Mat1f normalised(const cv::Mat1f& map);

}  // namespace vcl::saliency
